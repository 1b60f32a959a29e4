//! Entries of a snapshot, as the ledger records them. A repository may have thousands of bins, and
//! when all of them rise together they are recorded as one run.

use std::collections::BTreeMap;

use privyseal_proto::ledger::v1::{
    SnapshotFacts,
    snapshot_facts::{Bins, Entry},
};
use privyseal_tuf::Sha256Digest;

use super::LineageState;

/// A file's length and SHA-256.
type File = (u64, Sha256Digest);

/// The version and the file that an entry stands for.
pub(super) type Entered = (u64, File);

/// The entries that are new or higher than `before`.
pub(super) fn raised<'a>(
    entries: impl Iterator<Item = (&'a str, u64)>,
    before: Option<&BTreeMap<String, u64>>,
) -> SnapshotFacts {
    let before = |name: &str| before?.get(name).copied();
    let raised =
        entries.filter(|(name, version)| before(name).is_none_or(|before| before < *version));
    let mut facts = SnapshotFacts::default();
    let mut run: Option<Bins> = None;
    for (name, version) in raised {
        let next = bin(name, version);
        match (&mut run, &next) {
            (Some(run), Some(next)) if follows(run, next) => run.count += 1,
            _ => {
                put(&mut facts, std::mem::replace(&mut run, next));
                if run.is_none() {
                    facts.raised.push(Entry {
                        name: name.to_owned(),
                        version,
                        ..Entry::default()
                    });
                }
            }
        }
    }
    put(&mut facts, run);
    facts
}

/// Entries of notary's dialect: those that are new, higher, or of another file than before.
pub(super) fn listed(
    entries: &BTreeMap<String, Entered>,
    state: Option<&LineageState>,
) -> SnapshotFacts {
    let raised = entries.iter().filter(|(name, (version, file))| {
        state.is_none_or(|before| {
            before.snapshot_entries.get(*name) != Some(version)
                || before.snapshot_files.get(*name) != Some(file)
        })
    });
    let raised = raised.map(|(name, (version, (length, sha256)))| Entry {
        name: name.clone(),
        version: *version,
        file_length: *length,
        file_sha256: sha256.as_bytes().to_vec(),
    });
    SnapshotFacts {
        raised: raised.collect(),
        bins: Vec::new(),
    }
}

/// The files that a record names.
pub(super) fn files(facts: &SnapshotFacts) -> impl Iterator<Item = (String, File)> {
    facts.raised.iter().filter_map(|entry| {
        let sha256 = Sha256Digest::try_from(entry.file_sha256.as_slice()).ok()?;
        Some((entry.name.clone(), (entry.file_length, sha256)))
    })
}

/// The entries that a record names.
pub(super) fn entries(facts: &SnapshotFacts) -> impl Iterator<Item = (String, u64)> {
    let single = facts.raised.iter();
    let single = single.map(|entry| (entry.name.clone(), entry.version));
    let bins = facts.bins.iter().flat_map(|bins| {
        let numbers = u64::from(bins.first)..;
        let numbers = numbers.take(bins.count as usize);
        numbers.map(|number| (entry_name(bins, number), bins.version))
    });
    single.chain(bins)
}

fn entry_name(bins: &Bins, number: u64) -> String {
    format!(
        "{}{number:0width$x}.json",
        bins.prefix,
        width = bins.digits as usize
    )
}

/// The entry as a run of one bin, where it is named like one.
fn bin(name: &str, version: u64) -> Option<Bins> {
    let stem = name.strip_suffix(".json")?;
    let (before, digits) = stem.split_at_checked(stem.rfind('-')? + 1)?;
    let is_digit = |c: u8| matches!(c, b'0'..=b'9' | b'a'..=b'f');
    if !(1..=8).contains(&digits.len()) || !digits.bytes().all(is_digit) {
        return None;
    }
    Some(Bins {
        prefix: before.to_owned(),
        digits: u32::try_from(digits.len()).ok()?,
        first: u32::from_str_radix(digits, 16).ok()?,
        count: 1,
        version,
    })
}

fn follows(run: &Bins, next: &Bins) -> bool {
    run.first.checked_add(run.count) == Some(next.first)
        && run.digits == next.digits
        && run.version == next.version
        && run.prefix == next.prefix
}

fn put(facts: &mut SnapshotFacts, run: Option<Bins>) {
    match run {
        None => {}
        // By its name it is shorter.
        Some(one) if one.count == 1 => facts.raised.push(Entry {
            name: entry_name(&one, u64::from(one.first)),
            version: one.version,
            ..Entry::default()
        }),
        Some(run) => facts.bins.push(run),
    }
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;

    /// As a snapshot has them: by their names.
    fn raised_of(entries: &[(&str, u64)], before: Option<&BTreeMap<String, u64>>) -> SnapshotFacts {
        let sorted: BTreeMap<_, _> = entries.iter().copied().collect();
        raised(sorted.into_iter(), before)
    }

    fn round_trip(facts: &SnapshotFacts) -> BTreeMap<String, u64> {
        entries(facts).collect()
    }

    #[test]
    fn entries_come_back_however_they_are_named() {
        let all = [
            ("targets.json", 7),
            ("app.json", 1),
            ("a-.json", 1),
            ("a-00.json", 2),
            ("a-01.json", 2),
            ("a-02.json", 3),
            ("a-03.json", 3),
            ("a-04", 3),
            ("a-0f.json", 3),
            ("a-10.json", 3),
            ("a-1A.json", 3),
            ("a-9.json", 3),
            ("a-a.json", 3),
            ("a-b-00.json", 3),
            ("a-ffffffff.json", 1),
            ("a-fffffffe.json", 1),
            ("a-000000000.json", 1),
            ("a-000000001.json", 1),
            ("é-0.json", 1),
            ("é-1.json", 1),
            ("-0.json", 1),
            ("-1.json", 1),
        ];
        let facts = raised_of(&all, None);
        let expected = all.map(|(name, version)| (name.to_owned(), version));
        assert_eq!(round_trip(&facts), BTreeMap::from(expected));
        // 00 and 01 are apart: longer names are sorted between them.
        assert_eq!(facts.bins.len(), 6, "{facts:?}");
    }

    #[test]
    fn only_what_rose_is_recorded() {
        let before = [("targets.json", 7), ("b-0.json", 1), ("b-1.json", 5)];
        let before = before.map(|(name, version)| (name.to_owned(), version));
        let now = [
            ("targets.json", 8),
            ("b-0.json", 1),
            ("b-1.json", 6),
            ("b-2.json", 6),
        ];
        let facts = raised_of(&now, Some(&BTreeMap::from(before)));
        let expected = [("targets.json", 8), ("b-1.json", 6), ("b-2.json", 6)];
        let expected = expected.map(|(name, version)| (name.to_owned(), version));
        assert_eq!(round_trip(&facts), BTreeMap::from(expected));
    }

    #[test]
    fn any_number_of_bins_fits_into_a_record() {
        let names: Vec<_> = (0..1 << 17)
            .map(|bin| format!("some-long-name-{bin:05x}.json"))
            .collect();
        let all: Vec<_> = names.iter().map(|name| (name.as_str(), 3)).collect();
        let facts = raised_of(&all, None);
        assert!(facts.encoded_len() < 100);
        assert_eq!(round_trip(&facts).len(), 1 << 17);
    }
}
