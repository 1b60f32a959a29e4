//! The metadata model of The Update Framework.
