use super::*;

fn pattern(text: &str) -> PathPattern {
    PathPattern::from(text)
}

#[test]
fn matches_as_the_specification_says() {
    for (text, path, expected) in [
        ("targets/*.tgz", "targets/foo.tgz", true),
        ("targets/*.tgz", "targets/foo.txt", false),
        (
            "targets/foo-version-?.tgz",
            "targets/foo-version-2.tgz",
            true,
        ),
        (
            "targets/foo-version-?.tgz",
            "targets/foo-version-alpha.tgz",
            false,
        ),
        ("*.tgz", "foo.tgz", true),
        ("*.tgz", "targets/foo.tgz", false),
        ("foo.tgz", "foo.tgz", true),
        ("foo.tgz", "Foo.tgz", false),
        ("*", "a/b", false),
        ("*/*", "a/b", true),
        ("**", "a/b", false),
        ("a*b*c", "axxbyybc", true),
        ("a*b*c", "axxbyyb", false),
        ("[ab]?", "b1", true),
        ("[!ab]?", "b1", false),
        ("[a-c]", "b", true),
        ("[]a]", "]", true),
        ("[a", "[a", true),
        ("é?", "éé", true),
        ("", "a", false),
    ] {
        let path: TargetPath = path.parse().unwrap();
        assert_eq!(pattern(text).matches(&path), expected, "{text} {path}");
    }
}

#[test]
fn knows_what_overlaps_and_what_covers() {
    for (a, b, overlaps, covers) in [
        ("a/*", "a/b", true, true),
        ("a/b", "a/*", true, false),
        ("a/*", "b/*", false, false),
        ("*", "*/*", false, false),
        ("*.txt", "a*", true, false),
        ("*.txt", "a*.txt", true, true),
        ("?", "*", true, false),
        ("*", "?", true, true),
        ("?", "a", true, true),
        ("a", "?", true, false),
        ("*a", "*b", false, false),
        ("[ab]", "c", false, false),
        ("[ab]", "a", true, true),
        ("[ab]", "[ab]", true, true),
        ("*/x", "a/?", true, false),
        ("**", "*", true, true),
        ("a", "a", true, true),
        ("a*", "", false, false),
    ] {
        assert_eq!(pattern(a).overlaps(&pattern(b)), overlaps, "{a} {b}");
        assert_eq!(pattern(b).overlaps(&pattern(a)), overlaps, "{b} {a}");
        assert_eq!(pattern(a).covers(&pattern(b)), covers, "{a} covers {b}");
    }
}

#[test]
fn says_what_nobody_should_write() {
    use PathPatternProblem as P;
    for (text, problem) in [
        ("a/*.txt", None),
        ("", Some(P::Empty)),
        ("/a", Some(P::Absolute)),
        ("a//b", Some(P::Segment)),
        ("a/", Some(P::Segment)),
        ("../*", Some(P::Segment)),
        ("a\u{202e}\nb", Some(P::Control)),
        ("a\\b", Some(P::Control)),
        ("e\u{301}*", Some(P::NotNfc)),
        (&*"x".repeat(4097), Some(P::TooLong)),
    ] {
        assert_eq!(pattern(text).problem(), problem, "{text:?}");
    }
}

#[test]
fn a_long_pattern_takes_no_long_time() {
    let text = "*a".repeat(1000);
    let path: TargetPath = "a".repeat(3000).parse().unwrap();
    assert!(pattern(&text).matches(&path));
    assert!(!pattern(&format!("{text}b")).matches(&path));
}
