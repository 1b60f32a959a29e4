use std::cmp::Ordering;

/// Orders texts as people do, and docker: `v2` before `v10`. Numbers are compared by their values,
/// then by how many zeros they begin with.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    loop {
        let (Some(x), Some(y)) = (a.first(), b.first()) else {
            return a.len().cmp(&b.len());
        };
        if !(x.is_ascii_digit() && y.is_ascii_digit()) {
            if x != y {
                return x.cmp(y);
            }
            a = a.get(1..).unwrap_or_default();
            b = b.get(1..).unwrap_or_default();
            continue;
        }
        let ((zeros_a, digits_a, rest_a), (zeros_b, digits_b, rest_b)) = (number(a), number(b));
        let order = digits_a.len().cmp(&digits_b.len());
        let order = order
            .then_with(|| digits_a.cmp(digits_b))
            .then(zeros_a.cmp(&zeros_b));
        if order != Ordering::Equal {
            return order;
        }
        (a, b) = (rest_a, rest_b);
    }
}

/// How many zeros a text begins with, the digits after them, and what follows.
fn number(text: &[u8]) -> (usize, &[u8], &[u8]) {
    let zeros = text.iter().take_while(|byte| **byte == b'0').count();
    let (_, digits) = text.split_at(zeros);
    let length = digits
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let (digits, rest) = digits.split_at(length);
    (zeros, digits, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_in_their_order() {
        let sorted = [
            "", "1", "01", "2", "10", "1000", "a", "a1", "a01", "a2b", "a10", "a10b", "b",
        ];
        for (at, a) in sorted.iter().enumerate() {
            for (other, b) in sorted.iter().enumerate() {
                assert_eq!(compare(a, b), at.cmp(&other), "{a} {b}");
            }
        }
    }
}
