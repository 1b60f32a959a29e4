//! Bad requests, and what must become of them.

use privyseal_proto::v1::SignRequest;
use tonic::Code;

use crate::memory::Remembered;
use crate::repository::Repository;
use crate::rpc::Rpc;

/// One bad request: what is wrong with it, and the codes that the agent must answer.
pub type Bad = (&'static str, SignRequest, Code, &'static str);

/// Every request is refused as it should be, alone and in a stream, and changes nothing.
///
/// # Panics
/// Where one is not.
pub fn assert_refused(rpc: &Rpc, repositories: &[&Repository], bad: Vec<Bad>) {
    let before = Remembered::of(rpc, repositories);
    for (what, request, code, reason) in bad {
        let refusal = rpc.sign(request.clone()).expect_err(what);
        assert_eq!(refusal.codes(), (code, reason), "{what}: {refusal:?}");
        assert_eq!(refusal.retry, "unsafe", "{what}");
        assert!(
            !refusal.message.is_empty() && !refusal.remedy.is_empty(),
            "{what}"
        );
        let streamed = rpc.sign_many(vec![request]).unwrap().remove(0);
        let streamed = streamed.expect_err(what);
        assert_eq!(streamed.codes(), (code, reason), "{what}, in a stream");
        assert_eq!(streamed.message, refusal.message, "{what}");
        assert_eq!(streamed.remedy, refusal.remedy, "{what}");
        assert_eq!(Remembered::of(rpc, repositories), before, "{what}");
    }
}
