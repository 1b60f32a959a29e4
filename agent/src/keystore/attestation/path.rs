//! The way from an attestation up to a root that is trusted.

use super::{AttestationError, certificate::Certificate, roots::Root, roots::Roots};

/// Signatures that are verified at most. A chain that makes more of them necessary was made for it.
const CHECKS: u32 = 64;

/// A way that holds: every signature on it, and every right to issue.
pub(super) struct Path<'a> {
    /// Who signed the leaf, which is F9's certificate, and who signed each of them, but the root.
    pub(super) above: Vec<&'a Certificate>,
    /// Where it ends.
    pub(super) root: &'a Root,
}

/// Finds a way from `leaf` over any of `others` and of the certificates that come with the roots.
pub(super) fn find<'a>(
    leaf: &'a Certificate,
    others: &'a [Certificate],
    roots: &'a Roots,
) -> Result<Path<'a>, AttestationError> {
    let mut search = Search {
        others: others.iter().chain(roots.between()).collect(),
        roots,
        checks: CHECKS,
        refusal: (0, untrusted(leaf)),
    };
    let mut above = Vec::new();
    match search.climb(leaf, &mut above)? {
        Some(root) => Ok(Path { above, root }),
        None => Err(search.refusal.1),
    }
}

impl<'a> Path<'a> {
    /// Who signed the leaf.
    pub(super) fn signer(&self) -> &'a Certificate {
        let first = self.above.first().copied();
        first.unwrap_or(self.root.certificate())
    }
}

struct Search<'a> {
    others: Vec<&'a Certificate>,
    roots: &'a Roots,
    checks: u32,
    /// Why the way that came furthest ended, and how far it came.
    refusal: (usize, AttestationError),
}

impl<'a> Search<'a> {
    /// Looks for who issued `at`, with `above` between the leaf and the issuer.
    fn climb(
        &mut self,
        at: &'a Certificate,
        above: &mut Vec<&'a Certificate>,
    ) -> Result<Option<&'a Root>, AttestationError> {
        let mut named = false;
        for root in self.roots.iter() {
            if root.certificate().subject() == at.issuer() {
                named = true;
                if self.issued(root.certificate(), at, above.len())? {
                    return Ok(Some(root));
                }
            }
        }
        for other in self.others.clone() {
            let used = other == at || above.contains(&other);
            if used || other.subject() != at.issuer() {
                continue;
            }
            named = true;
            if self.issued(other, at, above.len())? {
                above.push(other);
                if let Some(root) = self.climb(other, above)? {
                    return Ok(Some(root));
                }
                above.pop();
            }
        }
        if !named {
            self.refuse(above.len(), untrusted(at));
        }
        Ok(None)
    }

    /// Did `issuer` issue `at`, and had it the right to?
    fn issued(
        &mut self,
        issuer: &Certificate,
        at: &Certificate,
        below: usize,
    ) -> Result<bool, AttestationError> {
        let Some(left) = self.checks.checked_sub(1) else {
            return Err(AttestationError::TooManyWays { checks: CHECKS });
        };
        self.checks = left;
        let checked = at.check_signed_by(issuer);
        match checked.and_then(|()| issuer.check_issuer(below)) {
            Ok(()) => Ok(true),
            Err(why) => {
                self.refuse(below, why);
                Ok(false)
            }
        }
    }

    fn refuse(&mut self, far: usize, why: AttestationError) {
        if far >= self.refusal.0 {
            self.refusal = (far, why);
        }
    }
}

fn untrusted(at: &Certificate) -> AttestationError {
    AttestationError::Untrusted {
        name: at.name(),
        issuer: at.issuer_name(),
    }
}
