//! `privyseal`, the client.

use std::process::ExitCode;

fn main() -> ExitCode {
    privyseal::run().into()
}
