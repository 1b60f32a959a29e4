//! A keystore behind a PKCS#11 module.

mod settings;

pub use settings::Settings;
