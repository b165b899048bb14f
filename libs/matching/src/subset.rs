//! The one set of items that sums to an amount, if it is unique and not a coincidence.

/// The most items of a set.
pub(super) const MAX_SIZE: usize = 5;
/// The limit of search steps, after which it is undecided: the same book gives the same answer on every machine.
pub(super) const MAX_STEPS: u32 = 50_000;
/// The accepted probability of a chance hit: one in this many.
const CHANCE: u128 = 10_000;

/// The result of the search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// A unique set, by the indexes of its items.
    One(Vec<usize>),
    /// No set.
    Nothing,
    /// More than one: the first two.
    Several(Vec<usize>, Vec<usize>),
    /// So many sets that one would match by chance.
    TooMany,
}

/// Sets of 2 to [`MAX_SIZE`] of the positive amounts that sum to the target.
///
/// A set counts only if fewer sets of its size or smaller exist than make a hit by chance likelier than one in 10,000:
/// their number over the number of sums they could have, doubled because sums crowd in the middle. Amounts that are all
/// multiples of a larger unit, as whole hundreds are, have fewer sums.
pub(super) fn unique(amounts: &[i64], target: i64) -> Found {
    let mut places: Vec<usize> =
        (0..amounts.len()).filter(|place| amounts[*place] > 0 && amounts[*place] < target).collect();
    places.sort_by_key(|place| (std::cmp::Reverse(amounts[*place]), *place));
    let sorted: Vec<i64> = places.iter().map(|place| amounts[*place]).collect();
    let largest = largest_size(&sorted);
    if largest < 2 {
        return if sorted.len() < 2 { Found::Nothing } else { Found::TooMany };
    }
    let mut search = Search { sorted: &sorted, steps: 0, path: Vec::new(), hits: Vec::new() };
    let finished = search.from(0, target, MAX_SIZE);
    let in_places = |hit: &Vec<usize>| {
        let mut hit: Vec<usize> = hit.iter().map(|at| places[*at]).collect();
        hit.sort_unstable();
        hit
    };
    match search.hits.as_slice() {
        [first, second, ..] => Found::Several(in_places(first), in_places(second)),
        _ if !finished => Found::TooMany,
        [only] if only.len() <= largest => Found::One(in_places(only)),
        [_] => Found::TooMany,
        [] => Found::Nothing,
    }
}

/// The largest size of sets up to which a chance hit stays unlikely. The amounts are sorted, the largest first.
fn largest_size(sorted: &[i64]) -> usize {
    let unit = sorted.iter().copied().fold(0, gcd).max(1).unsigned_abs();
    let mut sets: u128 = 0;
    let mut largest = 1;
    for size in 2..=MAX_SIZE.min(sorted.len()) {
        sets = sets.saturating_add(choose(sorted.len(), size));
        let top: u64 = sorted[..size].iter().map(|amount| amount.unsigned_abs()).fold(0, u64::saturating_add);
        let bottom: u64 =
            sorted[sorted.len() - size..].iter().map(|amount| amount.unsigned_abs()).fold(0, u64::saturating_add);
        // The set of all items has one sum only: then the number of its possible sums counts.
        let sums = if size == sorted.len() { top } else { top - bottom } / unit + 1;
        if sets.saturating_mul(2 * CHANCE) > u128::from(sums) {
            break;
        }
        largest = size;
    }
    largest
}

fn choose(n: usize, k: usize) -> u128 {
    (0..k as u128).fold(1, |product, i| product.saturating_mul((n as u128).saturating_sub(i)) / (i + 1))
}

fn gcd(left: i64, right: i64) -> i64 {
    if right == 0 { left } else { gcd(right, left % right) }
}

struct Search<'a> {
    sorted: &'a [i64],
    steps: u32,
    path: Vec<usize>,
    hits: Vec<Vec<usize>>,
}

impl Search<'_> {
    /// Continues the search from this index; `false` when the steps are used up.
    fn from(&mut self, start: usize, left: i64, size: usize) -> bool {
        // Items that are too large are skipped at once.
        let first = start + self.sorted[start..].partition_point(|amount| *amount > left);
        for at in first..self.sorted.len() {
            self.steps += 1;
            if self.steps > MAX_STEPS {
                return false;
            }
            let amount = self.sorted[at];
            // The rest are no larger: together they cannot reach it.
            if amount.saturating_mul(i64::try_from(size).unwrap_or(i64::MAX)) < left {
                return true;
            }
            self.path.push(at);
            if amount == left {
                self.hits.push(self.path.clone());
            } else if size > 1 && !self.from(at + 1, left - amount, size - 1) {
                return false;
            }
            self.path.pop();
            if self.hits.len() > 1 {
                return true;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_pair_among_few_is_found() {
        let amounts = [5_678_901, 1_234_577, 9_876_543, 4_444_421];
        assert_eq!(unique(&amounts, 5_678_901 + 4_444_421), Found::One(vec![0, 3]));
        assert_eq!(unique(&amounts, 7), Found::Nothing);
        assert_eq!(unique(&amounts, 1_234_577), Found::Nothing);
        assert_eq!(unique(&amounts, amounts.iter().sum()), Found::One(vec![0, 1, 2, 3]));
    }

    #[test]
    fn two_sets_that_fit_are_refused() {
        let amounts = [3_000_001, 5_000_002, 4_000_001, 4_000_002, 9_999_999];
        assert_eq!(unique(&amounts, 8_000_003), Found::Several(vec![0, 1], vec![2, 3]));
        // Two equal items, of which one is meant.
        let amounts = [3_000_001, 5_000_002, 5_000_002, 9_999_999];
        assert!(matches!(unique(&amounts, 8_000_003), Found::Several(..)));
    }

    #[test]
    fn where_chance_would_hit_nothing_is_believed() {
        // Whole hundreds have few sums.
        assert_eq!(unique(&[10_000, 20_000, 70_000, 50_000], 30_000), Found::TooMany);
        // Many small amounts have more sets than sums.
        let amounts: Vec<i64> = (0..40).map(|n| 1_000 + n * 37).collect();
        assert_eq!(unique(&amounts, amounts[0] + amounts[1]), Found::TooMany);
    }

    #[test]
    fn steps_are_bounded() {
        let amounts: Vec<i64> = (0..200).map(|n| 1_000_000_000_000 + n * n * 7_919).collect();
        assert_eq!(unique(&amounts, amounts[..5].iter().sum()), Found::TooMany);
    }

    proptest! {
        /// What is found sums to the target, and no other set of the same items does.
        #[test]
        fn the_set_found_is_the_only_one(amounts in prop::collection::vec(1i64..50_000_000, 2..9), picks in any::<u16>()) {
            let picked: Vec<usize> = (0..amounts.len()).filter(|place| picks & (1 << place) != 0).collect();
            let target: i64 = picked.iter().map(|place| amounts[*place]).sum();
            let sets = (1u32..1 << amounts.len()).filter(|bits| {
                let size = bits.count_ones() as usize;
                let sum: i64 = (0..amounts.len()).filter(|place| bits & (1 << place) != 0).map(|place| amounts[place]).sum();
                (2..=MAX_SIZE).contains(&size) && sum == target
            });
            let sets: Vec<u32> = sets.collect();
            match unique(&amounts, target) {
                Found::One(set) => {
                    prop_assert_eq!(set.iter().map(|place| amounts[*place]).sum::<i64>(), target);
                    prop_assert_eq!(sets.len(), 1);
                }
                Found::Nothing => prop_assert!(sets.is_empty()),
                Found::Several(..) => prop_assert!(sets.len() > 1),
                Found::TooMany => {}
            }
        }
    }
}
