use super::*;

fn parse(text: &str) -> Result<Dockerfile, DockerfileError> {
    Dockerfile::parse(text, &BuildArgs::default())
}

fn images(text: &str) -> Vec<String> {
    let file = parse(text).unwrap();
    file.images().into_iter().map(str::to_owned).collect()
}

/// With every image's name in brackets.
fn marked(text: &str) -> String {
    let file = parse(text).unwrap();
    let names = file.images().into_iter();
    file.with(
        &names
            .map(|name| (name.to_owned(), format!("[{name}]")))
            .collect(),
    )
}

#[test]
fn every_image_is_found_and_nothing_else_is_changed() {
    for (text, expected) in [
        ("FROM a\nRUN x\n", "FROM [a]\nRUN x\n"),
        ("from a:1 as b\nFROM b\n", "from [a:1] as b\nFROM b\n"),
        ("  FROM  a  # c\r\n", "  FROM  [a]  # c\r\n"),
        (
            "FROM --platform=linux/amd64 r.io/a AS x",
            "FROM --platform=linux/amd64 [r.io/a] AS x",
        ),
        ("FROM scratch\n", "FROM scratch\n"),
        (
            "FROM a AS x\nFROM x\nFROM X\n",
            "FROM [a] AS x\nFROM x\nFROM X\n",
        ),
        (
            "FROM \\\n  # why\n\n  a \\\n  AS b\nFROM b",
            "FROM \\\n  # why\n\n  [a] \\\n  AS b\nFROM b",
        ),
        (
            "# escape=`\nFROM `\na\nRUN c:\\\nFROM b",
            "# escape=`\nFROM `\n[a]\nRUN c:\\\nFROM [b]",
        ),
        (
            "FROM a\nCOPY --chown=1 --from=b /x /y",
            "FROM [a]\nCOPY --chown=1 --from=[b] /x /y",
        ),
        (
            "FROM a AS s\nCOPY --from=s x y\nCOPY --from=0 x y",
            "FROM [a] AS s\nCOPY --from=s x y\nCOPY --from=0 x y",
        ),
        ("FROM a\nCOPY x --from=b y", "FROM [a]\nCOPY x --from=b y"),
        (
            "FROM a\nONBUILD COPY --from=b x y",
            "FROM [a]\nONBUILD COPY --from=[b] x y",
        ),
        (
            "FROM a\nRUN --mount=type=bind,from=b,target=/b --mount=from=c x",
            "FROM [a]\nRUN --mount=type=bind,from=[b],target=/b --mount=from=[c] x",
        ),
        (
            "# syntax=docker/dockerfile:1\nFROM a",
            "# syntax=[docker/dockerfile:1]\nFROM [a]",
        ),
        (
            "# syntax = x\n#check=skip=all\nFROM a",
            "# syntax = [x]\n#check=skip=all\nFROM [a]",
        ),
        (
            "# a comment\n# syntax=x\nFROM a",
            "# a comment\n# syntax=x\nFROM [a]",
        ),
        ("#FROM x\nFROM a", "#FROM x\nFROM [a]"),
        ("FROM a@sha256:0", "FROM [a@sha256:0]"),
        ("FROM a\nFROM a", "FROM [a]\nFROM [a]"),
    ] {
        assert_eq!(marked(text), expected);
    }
}

#[test]
fn variables_before_the_first_image_are_replaced() {
    let text =
        "ARG TAG=1\nARG NAME=\"r.io/a\"\nFROM $NAME:${TAG}\nARG TAG=2\nFROM b:${NONE:-3}${TAG:+x}";
    assert_eq!(images(text), ["r.io/a:1", "b:3x"]);
    let mut args = BuildArgs::default();
    args.values.insert("TAG".to_owned(), "9".to_owned());
    args.contexts.insert("base".to_owned());
    let file = Dockerfile::parse(&format!("{text}\nFROM base"), &args).unwrap();
    assert_eq!(file.images(), ["r.io/a:9", "b:3x"]);
    let names = [("r.io/a:9".to_owned(), "r.io/a@sha256:1".to_owned())].into();
    assert!(
        file.with(&names)
            .contains("\nFROM r.io/a@sha256:1\nARG TAG=2")
    );
}

#[test]
fn what_cannot_be_told_is_refused() {
    for text in [
        "FROM $TARGETARCH",
        "FROM a:${X",
        "FROM a:${X#b}",
        "FROM a\\b",
        "FROM",
        "ARG X=$Y\nFROM $X",
        "FROM a\nRUN <<EOF\nFROM evil\nEOF\n",
        "FROM a\nRUN echo \\\n <<-\"EOF\"\n\tfrom evil\n\tEOF\n",
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
}

#[test]
fn here_documents_are_not_instructions() {
    let text = "FROM a\nRUN <<EOF sh\nCOPY x y\nEOF\nCOPY <<A <<-'B' /\necho \\\nA\n\tB\nFROM b";
    assert_eq!(images(text), ["a", "b"]);
    assert_eq!(images("FROM a\nLABEL x <<EOF\nFROM b"), ["a", "b"]);
}

/// Each is an image to BuildKit, in some version, that was none to a reader that was less strict.
#[test]
fn what_builders_read_in_different_ways_is_refused() {
    for text in [
        "FROM good\nRUN echo \\\\\nFROM evil",
        "FROM good\nFR\\\nOM evil",
        "FROM good\nCOPY --fr\\\nom=evil /a /b",
        "\u{feff}FROM evil",
        "#!/usr/bin/x\n# syntax=evil/frontend\nFROM good",
        "// syntax=evil/frontend\nFROM good",
        "{\"syntax\":\"evil/frontend\"}",
        " \n{\"syntax\":\"evil/frontend\"}",
        "# x=\n# escape=`\nFROM good\nRUN echo `\nFROM evil",
        "# 1=1\n# escape=`\nFROM good\nRUN echo `\nFROM evil",
        "# x=y\n# syntax=evil\nFROM good",
        " # syntax=evil\nFROM good",
        "# syntax=good evil\nFROM good",
        "# syntax=good\n# syntax=evil\nFROM good",
        "# escape=`x\nFROM good",
        "FROM good\nENV RUN <<X\nCOPY --f\"rom\"=evil /a /b",
        "FROM good\nRUN echo \"a <<X b\"\nCOPY --from=evil /a /b\nRUN <<X\ntrue\nX",
        "FROM good\nCOPY --f\"rom\"=evil /a /b",
        "FROM good\nCOPY --fr\\om=evil /a /b",
        "FROM good\nCOPY --From=evil /a /b",
        "FROM good\nCOPY --from=$X /a /b",
        "FROM good\nRUN --mount=type=bind,\"from=evil\",target=/x sh",
        "FROM good\nRUN --mount=type=bind,from=0,target=/x sh",
        "FROM good\nRUN --mount=type=bind,from,target=/x sh",
        "FROM good\nRUN --mount=$X sh",
        "ARG X=scratch\\\nevil\nFROM $X",
        "ARG B=evil A=\"x B=scratch\"\nFROM $B",
        "FROM good\nRUN <<E-O\nFROM scratch AS evil\nE-O\nCOPY --from=evil /a /b",
        "FROM good\nRUN echo \\\u{a0}\nFROM evil",
        "FROM good\nRUN echo \\\u{b}\nFROM evil",
        "FROM good\nRUN <<EOF sh\nCOPY --from=x\nEOF",
        "FROM good\nRUN <<EOF sh\nCO\\\nPY --fr\"om\"=x\nEOF",
        "FROM good\nRUN <<EOF sh\nonbuild run --mount=from=x\nEOF",
        "FROM good\nRUN x <<EOF\nFROM b",
        "FROM good\nRUN x <<< y",
        "FROM good\nRUN x ${Y <<EOF }\nEOF",
        "FROM good\nONBUILD FROM scratch AS evil\nCOPY --from=evil a b",
        "FROM good AS \"evil\"\nCOPY --from=evil a b",
        "INCLUDE+ other",
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
}

#[test]
fn what_only_looks_like_a_here_document_hides_nothing() {
    let text = "FROM good\nENV RUN <<X\nCOPY --from=evil /a /b\nRUN <<X\ntrue\nX";
    assert_eq!(images(text), ["good", "evil"]);
    let text = "FROM good\nRUN --mount=type=bind,From=evil,target=/x sh";
    assert_eq!(images(text), ["good", "evil"]);
}

#[test]
fn variables_that_stand_for_no_image_are_written_out() {
    let text = "ARG X=scratch\nFROM --platform=$BUILDPLATFORM $X AS s\nARG Y=1\nFROM \"${Z:-s}\"";
    let expected = "ARG X=scratch\nFROM --platform=$BUILDPLATFORM scratch AS s\nARG Y=1\nFROM s";
    assert_eq!(marked(text), expected);
}
