mod honest;
mod house;
mod many;
mod owners;
mod tampered;

use std::path::Path;

use anstream::StripStream;
use expect_test::expect_file;

use super::*;
use house::House;

fn shown(comparison: &Comparison<'_>) -> String {
    let mut out = StripStream::new(Vec::new());
    comparison.print(&mut out).unwrap();
    print_danger_counts(&mut out, &comparison.dangers()).unwrap();
    String::from_utf8(out.into_inner()).unwrap()
}

/// Compares what is shown with `golden/NAME.txt`; UPDATE_EXPECT=1 writes it anew.
fn assert_golden(name: &str, text: &str) {
    let how = privyseal_tuf::Deception::of_prose(text);
    let hidden = matches!(how, Some(privyseal_tuf::Deception::Hidden(_)));
    assert!(!hidden && !text.contains(['\r', '\t']), "{name}: {how:?}");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/show/diff/tests/golden");
    expect_file![source.join(format!("{name}.txt"))].assert_eq(text);
}
