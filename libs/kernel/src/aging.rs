//! Aging buckets: how long open items are past due.

/// How many lower bounds a set of buckets may have.
pub const MAX_BOUNDS: usize = 24;

/// An ordered list of buckets that partitions the integers, so that every item falls into exactly one.
///
/// The first bucket, `not_due`, holds 0 days past due and everything below: due today is not past due. Each
/// lower bound opens a further bucket, the last of which has no end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buckets {
    bounds: Vec<i64>,
    labels: Vec<String>,
}

/// Why lower bounds are not valid buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadBuckets {
    /// The first bound is not 1, so that due and not due items would share a bucket.
    #[error("the first bucket past due starts at day 1")]
    FirstNotOne,
    /// A bound is not greater than the one before it.
    #[error("each bucket starts later than the one before it")]
    NotIncreasing,
    /// There are more than [`MAX_BOUNDS`].
    #[error("there are at most {MAX_BOUNDS} buckets past due")]
    TooMany,
}

impl Buckets {
    /// Not due, 1 to 30, 31 to 60, 61 to 90, and over 90 days past due.
    pub fn standard() -> Buckets {
        Buckets::labelled(vec![1, 31, 61, 91])
    }

    /// Buckets with these lower bounds, in days past due. Whatever lies below the first bound is not due.
    ///
    /// # Errors
    /// [`BadBuckets`] unless the first bound is 1, bounds strictly increase, and there are at most [`MAX_BOUNDS`].
    pub fn new(bounds: impl Into<Vec<i64>>) -> Result<Buckets, BadBuckets> {
        let bounds = bounds.into();
        if bounds.first() != Some(&1) {
            Err(BadBuckets::FirstNotOne)
        } else if bounds.len() > MAX_BOUNDS {
            Err(BadBuckets::TooMany)
        } else if !bounds.is_sorted_by(|earlier, later| earlier < later) {
            Err(BadBuckets::NotIncreasing)
        } else {
            Ok(Buckets::labelled(bounds))
        }
    }

    /// Which bucket holds an item so many days past due: an index into [`Buckets::labels`].
    pub fn bucket_of(&self, days_past_due: i64) -> usize {
        self.bounds.partition_point(|bound| *bound <= days_past_due)
    }

    /// The names of the buckets, in order: `not_due`, `1-30`, ..., `over_90`.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The lower bounds of the buckets past due, in days.
    pub fn bounds(&self) -> &[i64] {
        &self.bounds
    }

    fn labelled(bounds: Vec<i64>) -> Buckets {
        let closed = bounds.windows(2).map(|two| format!("{}-{}", two[0], two[1] - 1));
        let open = bounds.last().map(|last| format!("over_{}", last - 1));
        let labels = std::iter::once("not_due".to_owned()).chain(closed).chain(open).collect();
        Buckets { bounds, labels }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn standard_buckets_have_their_customary_edges() {
        let buckets = Buckets::standard();
        assert_eq!(buckets.labels(), ["not_due", "1-30", "31-60", "61-90", "over_90"]);
        for (days, label) in [
            (i64::MIN, "not_due"),
            (-1, "not_due"),
            (0, "not_due"),
            (1, "1-30"),
            (30, "1-30"),
            (31, "31-60"),
            (60, "31-60"),
            (61, "61-90"),
            (90, "61-90"),
            (91, "over_90"),
            (i64::MAX, "over_90"),
        ] {
            assert_eq!(buckets.labels()[buckets.bucket_of(days)], label, "{days}");
        }
        assert_eq!(Buckets::new([1, 31, 61, 91]), Ok(buckets));
    }

    #[test]
    fn bounds_that_mix_or_overlap_are_refused() {
        assert_eq!(Buckets::new([]), Err(BadBuckets::FirstNotOne));
        assert_eq!(Buckets::new([0, 31]), Err(BadBuckets::FirstNotOne));
        assert_eq!(Buckets::new([1, 31, 31]), Err(BadBuckets::NotIncreasing));
        assert_eq!(Buckets::new([1, 61, 31]), Err(BadBuckets::NotIncreasing));
        assert_eq!(Buckets::new((1..=25).collect::<Vec<i64>>()), Err(BadBuckets::TooMany));
    }

    proptest! {
        /// Every integer lies in exactly one bucket, and buckets follow the order of the integers.
        #[test]
        fn buckets_partition_the_integers(
            later in prop::collection::btree_set(2i64..1000, 0..10),
            days in prop_oneof![-50i64..1100, any::<i64>()],
        ) {
            let bounds: Vec<i64> = std::iter::once(1).chain(later).collect();
            let buckets = Buckets::new(bounds.clone()).unwrap();
            prop_assert_eq!(buckets.labels().len(), bounds.len() + 1);
            let holds = |index: usize| {
                let from = if index == 0 { None } else { bounds.get(index - 1) };
                from.is_none_or(|from| *from <= days) && bounds.get(index).is_none_or(|next| days < *next)
            };
            let holding: Vec<usize> = (0..buckets.labels().len()).filter(|index| holds(*index)).collect();
            prop_assert_eq!(holding, [buckets.bucket_of(days)]);
            prop_assert!(buckets.bucket_of(days) <= buckets.bucket_of(days.saturating_add(1)));
            prop_assert_eq!(buckets.bucket_of(days) == 0, days <= 0);
        }
    }
}
