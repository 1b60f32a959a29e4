//! The arguments of `docker run` and `docker build`, read far enough to know which of them is the
//! image, the Dockerfile or the context.
//!
//! An option that is not known here might take the next argument for its value, or not: guessed
//! wrong, another image would run than the one that was verified. So it must be written as one
//! argument, `--option=value`.

use std::ffi::{OsStr, OsString};

/// Options of one command.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Long ones that take no value.
    pub flags: &'static [&'static str],
    /// Long ones that take one.
    pub valued: &'static [&'static str],
    /// Short ones that take none, such as `i` and `t`.
    pub short_flags: &'static str,
    /// Short ones that take one.
    pub short_valued: &'static str,
}

/// One option as it was written, or an argument that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// An option with its value, and how many arguments they are.
    Option {
        /// Without its hyphens.
        name: String,
        /// What stands after it, where it takes something.
        value: Option<OsString>,
        /// As they were written.
        written: Vec<OsString>,
    },
    /// Anything else.
    Plain(OsString),
    /// `--`: no options stand behind it.
    End,
}

/// Why arguments can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnclearArguments {
    /// Perhaps it takes a value.
    #[error(
        "{0} is an option that this program does not know: write it as {0}=VALUE, so that it is clear where its value ends"
    )]
    Unknown(String),
    /// There is no value.
    #[error("{0} takes a value")]
    NoValue(String),
    /// Not text.
    #[error("an option that is no UTF-8")]
    NotText,
}

/// Those of `docker run`, `podman run` and `nerdctl run` whose kinds agree.
pub const RUN: Options = Options {
    flags: &[
        "detach",
        "disable-content-trust",
        "init",
        "interactive",
        "no-healthcheck",
        "oom-kill-disable",
        "privileged",
        "publish-all",
        "quiet",
        "read-only",
        "rm",
        "sig-proxy",
        "tty",
        "replace",
        "no-hosts",
        "help",
    ],
    valued: &[
        "add-host",
        "annotation",
        "attach",
        "blkio-weight",
        "blkio-weight-device",
        "cap-add",
        "cap-drop",
        "cgroup-parent",
        "cgroupns",
        "cidfile",
        "cpu-period",
        "cpu-quota",
        "cpu-rt-period",
        "cpu-rt-runtime",
        "cpu-shares",
        "cpus",
        "cpuset-cpus",
        "cpuset-mems",
        "detach-keys",
        "device",
        "device-cgroup-rule",
        "device-read-bps",
        "device-read-iops",
        "device-write-bps",
        "device-write-iops",
        "dns",
        "dns-option",
        "dns-search",
        "domainname",
        "entrypoint",
        "env",
        "env-file",
        "expose",
        "gpus",
        "group-add",
        "health-cmd",
        "health-interval",
        "health-retries",
        "health-start-interval",
        "health-start-period",
        "health-timeout",
        "hostname",
        "ip",
        "ip6",
        "ipc",
        "isolation",
        "label",
        "label-file",
        "link",
        "link-local-ip",
        "log-driver",
        "log-opt",
        "mac-address",
        "memory",
        "memory-reservation",
        "memory-swap",
        "memory-swappiness",
        "mount",
        "name",
        "network",
        "network-alias",
        "oom-score-adj",
        "pid",
        "pids-limit",
        "platform",
        "publish",
        "pull",
        "restart",
        "runtime",
        "security-opt",
        "shm-size",
        "stop-signal",
        "stop-timeout",
        "storage-opt",
        "sysctl",
        "tmpfs",
        "ulimit",
        "user",
        "userns",
        "uts",
        "volume",
        "volume-driver",
        "volumes-from",
        "workdir",
    ],
    short_flags: "ditPq",
    short_valued: "acehlmpuvw",
};

/// Those of `docker build`, `podman build` and `nerdctl build` whose kinds agree.
pub const BUILD: Options = Options {
    flags: &[
        "check",
        "compress",
        "disable-content-trust",
        "force-rm",
        "load",
        "no-cache",
        "pull",
        "push",
        "quiet",
        "rm",
        "squash",
        "help",
    ],
    valued: &[
        "add-host",
        "allow",
        "annotation",
        "attest",
        "build-arg",
        "build-context",
        "builder",
        "cache-from",
        "cache-to",
        "call",
        "cgroup-parent",
        "cpu-period",
        "cpu-quota",
        "cpu-shares",
        "cpuset-cpus",
        "cpuset-mems",
        "file",
        "iidfile",
        "isolation",
        "label",
        "memory",
        "memory-swap",
        "metadata-file",
        "network",
        "no-cache-filter",
        "output",
        "platform",
        "progress",
        "provenance",
        "sbom",
        "secret",
        "security-opt",
        "shm-size",
        "ssh",
        "tag",
        "target",
        "ulimit",
    ],
    short_flags: "q",
    short_valued: "ctfmo",
};

impl Options {
    /// Reads one argument off the front of `rest`.
    ///
    /// # Errors
    /// Where it is not clear where it ends.
    pub fn next(&self, rest: &mut Vec<OsString>) -> Result<Option<Argument>, UnclearArguments> {
        if rest.is_empty() {
            return Ok(None);
        }
        let first = rest.remove(0);
        let bytes = first.as_encoded_bytes();
        if bytes == b"--" {
            return Ok(Some(Argument::End));
        }
        if !bytes.starts_with(b"-") || bytes == b"-" {
            return Ok(Some(Argument::Plain(first)));
        }
        let text = first.to_str().ok_or(UnclearArguments::NotText)?.to_owned();
        let (name, value) = match text.strip_prefix("--") {
            Some(long) => self.long(long)?,
            None => self.short(text.get(1..).unwrap_or_default())?,
        };
        let mut written = vec![first];
        let value = match value {
            Value::None => None,
            Value::Here(value) => Some(value.into()),
            Value::Next if rest.is_empty() => return Err(UnclearArguments::NoValue(text)),
            Value::Next => {
                written.push(rest.remove(0));
                written.last().cloned()
            }
        };
        Ok(Some(Argument::Option {
            name,
            value,
            written,
        }))
    }

    fn long(&self, text: &str) -> Result<(String, Value), UnclearArguments> {
        match text.split_once('=') {
            Some((name, value)) => Ok((name.to_owned(), Value::Here(value.to_owned()))),
            None if self.flags.contains(&text) => Ok((text.to_owned(), Value::None)),
            None if self.valued.contains(&text) => Ok((text.to_owned(), Value::Next)),
            None => Err(UnclearArguments::Unknown(format!("--{text}"))),
        }
    }

    /// Short options may stand together; what follows one that takes a value is its value.
    fn short(&self, text: &str) -> Result<(String, Value), UnclearArguments> {
        for (at, option) in text.char_indices() {
            let after = text.get(at + option.len_utf8()..).unwrap_or_default();
            if self.short_valued.contains(option) {
                let value = match after.strip_prefix('=').unwrap_or(after) {
                    "" if after.is_empty() => Value::Next,
                    value => Value::Here(value.to_owned()),
                };
                return Ok((option.to_string(), value));
            }
            if !self.short_flags.contains(option) {
                return Err(UnclearArguments::Unknown(format!("-{option}")));
            }
            if after.starts_with('=') {
                return Ok((option.to_string(), Value::Here(after.to_owned())));
            }
        }
        Ok((text.to_owned(), Value::None))
    }
}

enum Value {
    None,
    Here(String),
    Next,
}

/// What an option that is yes or no says, as Go reads it; without a value it says yes.
pub fn is_yes(value: Option<&OsStr>) -> bool {
    let no = ["0", "f", "F", "false", "FALSE", "False"];
    value
        .and_then(OsStr::to_str)
        .is_none_or(|value| !no.contains(&value))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The arguments before the first plain one, and that one.
    fn image(text: &str) -> Result<(Vec<String>, String), UnclearArguments> {
        let mut rest: Vec<OsString> = text.split(' ').map(OsString::from).collect();
        let mut names = Vec::new();
        loop {
            match RUN.next(&mut rest)?.expect("an image") {
                Argument::Option { name, .. } => names.push(name),
                Argument::Plain(image) => return Ok((names, image.into_string().unwrap())),
                Argument::End => {}
            }
        }
    }

    #[test]
    fn the_image_is_found_behind_the_options() {
        for (text, names) in [
            ("app", ""),
            ("--rm app --rm", "rm"),
            ("-it app", "it"),
            ("-itv /a:/b app", "v"),
            ("-v/a:/b app", "v"),
            ("-e A=b -p 80:80 --name x app", "e p name"),
            ("--name=x --new=y app", "name new"),
            ("--rm=false -d=true app", "rm d"),
            ("-- app", ""),
            (
                "--gpus all --disable-content-trust app sh -c x",
                "gpus disable-content-trust",
            ),
        ] {
            let (found, name) = image(text).unwrap();
            assert_eq!((&*name, &*found.join(" ")), ("app", names), "{text}");
        }
    }

    #[test]
    fn what_might_take_a_value_or_not_is_refused() {
        for text in ["--new evil app", "-x evil app", "-itx evil app", "--Rm app"] {
            assert!(
                matches!(image(text), Err(UnclearArguments::Unknown(_))),
                "{text}"
            );
        }
        let no_value = RUN.next(&mut vec!["--name".into()]);
        assert!(matches!(no_value, Err(UnclearArguments::NoValue(_))));
    }

    #[test]
    fn yes_and_no_are_as_go_reads_them() {
        assert!(is_yes(None) && is_yes(Some(OsStr::new("true"))));
        assert!(!is_yes(Some(OsStr::new("false"))) && !is_yes(Some(OsStr::new("0"))));
    }
}
