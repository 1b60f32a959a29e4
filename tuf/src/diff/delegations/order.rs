/// Which items of a list were moved, given where each stood in the old list (None: it is new): as
/// few as possible, so that those that were not moved are in their old order.
pub(super) fn moved(places: &[Option<usize>]) -> Vec<bool> {
    // The longest increasing subsequence, by patience: ends[k] is the item that ends the best run
    // of k + 1 items, and previous[i] the item before i in its run.
    let mut ends: Vec<(usize, usize)> = Vec::new();
    let mut previous: Vec<Option<usize>> = Vec::with_capacity(places.len());
    for (item, place) in places.iter().enumerate() {
        let Some(place) = *place else {
            previous.push(None);
            continue;
        };
        let length = ends.partition_point(|(end, _)| *end < place);
        let before = length.checked_sub(1).and_then(|length| ends.get(length));
        previous.push(before.map(|(_, item)| *item));
        match ends.get_mut(length) {
            Some(end) => *end = (place, item),
            None => ends.push((place, item)),
        }
    }
    let mut moved: Vec<bool> = places.iter().map(Option::is_some).collect();
    let mut stays = ends.last().map(|(_, item)| *item);
    while let Some(item) = stays {
        if let Some(moved) = moved.get_mut(item) {
            *moved = false;
        }
        stays = previous.get(item).copied().flatten();
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved_of(places: &[i64]) -> Vec<usize> {
        let places: Vec<_> = places.iter().map(|p| usize::try_from(*p).ok()).collect();
        let moved = moved(&places).into_iter().enumerate();
        moved
            .filter(|(_, moved)| *moved)
            .map(|(at, _)| at)
            .collect()
    }

    #[test]
    fn as_few_as_possible_were_moved() {
        for (places, expected) in [
            (&[][..], &[][..]),
            (&[0, 1, 2], &[]),
            (&[-1, 0, -1, 1], &[]),
            (&[2, 0, 1], &[0]),
            (&[1, 2, 0], &[2]),
            (&[0, 3, 1, 2, 4], &[1]),
            (&[5, 9], &[]),
        ] {
            assert_eq!(moved_of(places), expected, "{places:?}");
        }
        assert_eq!(moved_of(&[3, 2, 1, 0]).len(), 3);
    }
}
