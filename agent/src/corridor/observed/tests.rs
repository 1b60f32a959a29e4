use privyseal_proto::ledger::v1::Record;
use privyseal_tuf::Dialect;

use super::*;
use crate::memory::testing::{BEFORE_DELEGATIONS, lineage, replayed};

/// The last targets metadata of `example.org/app` in the old records.
const TARGETS: &[u8] = include_bytes!("../../../testdata/before-delegations.targets.json");

#[test]
fn a_final_document_is_news_once_more_where_its_delegations_were_not_recorded() {
    let (memory, _) = replayed(BEFORE_DELEGATIONS);
    let app = lineage(&memory, "example.org/app");
    let document = Content::read(TARGETS, &Role::TARGETS, Dialect::Spec).unwrap();
    let file = Some(file_of(TARGETS));
    let known = app.known(&Role::TARGETS);
    let remembered = known.history().last.clone().unwrap();
    assert_eq!(remembered.state, VersionState::Final);
    assert_eq!(remembered.digest, document.digest);
    assert_eq!(remembered.files, [file_of(TARGETS)]);
    assert!(matches!(news(&known, &document, file), Ok(News::New(_))));

    let caller = Caller::process(1000, 1000, vec![]);
    let event = Event::Observed(observed(&caller, &known, &document, file).unwrap());
    let event = Some(event);
    memory.apply(0, &Record { time: 0, event });
    let known = app.known(&Role::TARGETS);
    assert!(matches!(news(&known, &document, file), Ok(News::Known)));
    let team = app.known(&"team".parse().unwrap());
    assert!(rules::is_delegated_to(&team).is_ok());
}
