use ::url::Url;

use super::error::ServerError;
use crate::trust::reference::Gun;

/// Where a file of a repository is, its name in pieces; without any, where the repository is. A
/// role's name is checked: it stands in the path.
pub(super) fn below(base: &Url, gun: &Gun, name: &[&str]) -> Result<Url, ServerError> {
    let mut url = base.clone();
    let name = name.concat();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_/.".contains(&byte);
    let parts: Vec<&str> = name.split('/').collect();
    let is_part = |part: &&str| !matches!(*part, "" | "." | "..");
    let is_role = name.bytes().all(plain) && parts.iter().all(is_part);
    if !name.is_empty() && !is_role {
        return Err(ServerError::NoRole(name));
    }
    if let Ok(mut segments) = url.path_segments_mut() {
        segments
            .pop_if_empty()
            .push("v2")
            .extend(gun.as_str().split('/'))
            .extend(["_trust", "tuf"])
            .extend(parts);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_below_the_repository() {
        let base = "https://notary.test/prefix/".parse().unwrap();
        let gun = "reg.test:5000/team/app".parse().unwrap();
        let path = |name: &[&str]| below(&base, &gun, name).map(|url| url.path().to_owned());
        let tuf = "/prefix/v2/reg.test:5000/team/app/_trust/tuf/";
        assert_eq!(path(&[]).unwrap(), tuf);
        let file = path(&["targets/releases", ".json"]).unwrap();
        assert_eq!(file, format!("{tuf}targets/releases.json"));
        for role in ["targets/../x", "targets//x", "a b", "a?b", "targets/ä"] {
            path(&[role, ".json"]).unwrap_err();
        }
    }
}
