//! A PKCS#11 module for tests: it forwards every call to the module in `PRIVYSEAL_SHIM_MODULE`,
//! counts it, and spoils it where it is told to.
//!
//! It is told so through the directory in `PRIVYSEAL_SHIM_DIR`. `counters` there is written by the
//! shim, one line a function: its name, blanks, the number of calls since the module was loaded.
//! `faults` is read by the shim before each call, one line a fault:
//!
//! ```text
//! C_Sign 3 answer 48             the next 3 calls return 48 and are not forwarded
//! C_Sign - sleep 2000            every call sleeps 2 s first, or until the file changes
//! C_Sign 1 corrupt               one bit of the next signature is wrong
//! C_Sign 1 shorten               the next signature is a byte too short
//! C_GetTokenInfo - flags 131072  these flags are set too
//! ```
//!
//! A new file replaces all faults; put it there by a rename. Callers of C_Sign ask for the
//! signature's length first, and that is a call too; `corrupt` and `shorten` wait for the other.
//! The module exports C_GetFunctionList alone, so it is a PKCS#11 2.40 module whatever is behind it.

mod counters;
mod faults;
mod functions;
mod gate;

use cryptoki_sys::{CK_FUNCTION_LIST, CK_RV, CKR_ARGUMENTS_BAD, CKR_GENERAL_ERROR, CKR_OK};

/// The one entry of the module.
///
/// # Safety
/// As PKCS#11 asks: `list` points to a place for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn C_GetFunctionList(list: *mut *mut CK_FUNCTION_LIST) -> CK_RV {
    if list.is_null() {
        return CKR_ARGUMENTS_BAD;
    }
    if gate::gate().is_none() {
        return CKR_GENERAL_ERROR;
    }
    // SAFETY: not null, and the caller vouches for the rest. Nobody writes through the list.
    unsafe { *list = (&raw const functions::LIST).cast_mut() };
    CKR_OK
}
