//! The keystore that is a YubiKey: what it signs, whom it waits for, and what it survives. Every test
//! counts the tries of the PIN: none is burnt that nobody typed.

#[cfg(test)]
mod administer;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod pins;
#[cfg(test)]
mod presence;
#[cfg(test)]
mod rival;
#[cfg(test)]
mod rivals;
#[cfg(test)]
mod signing;
#[cfg(test)]
mod stage;
