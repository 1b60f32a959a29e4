//! An enrolment that is larger than a record of the ledger.

use privyseal_ledger::MAX_RECORD;
use privyseal_proto::ledger::v1::{EnrollmentPart, Observed, RepositoryEnrolled};
use prost::Message;

/// What a part has besides its documents, at most.
const ENVELOPE: usize = 4 * 1024;

/// What a document has besides its own bytes, at most.
const FRAME: usize = 8;

/// Splits an enrolment where it must be: the parts that come first, and the record that makes them
/// count.
pub(super) fn into_records(
    mut enrolled: RepositoryEnrolled,
) -> (Vec<EnrollmentPart>, RepositoryEnrolled) {
    let most = MAX_RECORD.saturating_sub(ENVELOPE);
    let mut groups: Vec<Vec<Observed>> = vec![Vec::new()];
    let mut room = most;
    for document in std::mem::take(&mut enrolled.documents) {
        let length = document.encoded_len().saturating_add(FRAME);
        if length > room {
            groups.push(Vec::new());
            room = most;
        }
        room = room.saturating_sub(length);
        if let Some(group) = groups.last_mut() {
            group.push(document);
        }
    }
    enrolled.documents = groups.pop().unwrap_or_default();
    let parts = groups
        .into_iter()
        .zip(0..)
        .map(|(documents, number)| EnrollmentPart {
            lineage: enrolled.lineage.clone(),
            number,
            documents,
        });
    let parts: Vec<_> = parts.collect();
    enrolled.parts = u32::try_from(parts.len()).unwrap_or(u32::MAX);
    (parts, enrolled)
}

#[cfg(test)]
mod tests {
    use privyseal_proto::ledger::v1::{Facts, Lineage};

    use super::*;

    fn enrolled(documents: usize, length: usize) -> RepositoryEnrolled {
        let documents = (0..documents as u64).map(|version| Observed {
            role: "x".repeat(length),
            version,
            facts: Some(Facts::default()),
            ..Observed::default()
        });
        RepositoryEnrolled {
            lineage: Some(Lineage {
                authority: "a".repeat(255),
                repository: "r".repeat(255),
                first_root: vec![7; 32],
            }),
            documents: documents.collect(),
            ..RepositoryEnrolled::default()
        }
    }

    #[test]
    fn what_fits_is_one_record() {
        for (documents, length) in [(0, 0), (5, 100), (10_000, 80)] {
            let enrolled = enrolled(documents, length);
            let (parts, whole) = into_records(enrolled.clone());
            assert_eq!((parts.len(), whole), (0, enrolled));
        }
    }

    #[test]
    fn what_does_not_fit_is_split_in_order() {
        for (documents, length) in [(20_000, 255), (3, MAX_RECORD - 5_000)] {
            let all = enrolled(documents, length);
            let (parts, whole) = into_records(all.clone());
            assert!(!parts.is_empty());
            assert_eq!(whole.parts as usize, parts.len());
            assert!(parts.iter().all(|part| part.encoded_len() <= MAX_RECORD));
            assert!(whole.encoded_len() <= MAX_RECORD);
            assert!(parts.iter().map(|part| part.number).eq(0..whole.parts));
            let documents = parts.iter().flat_map(|part| &part.documents);
            assert!(documents.chain(&whole.documents).eq(&all.documents));
        }
    }
}
