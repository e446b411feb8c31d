//! The contract of [`Store`] as a suite of small checks, the same for every store.
//!
//! ```
//! # use std::sync::Arc;
//! # #[tokio::main]
//! # async fn main() -> Result<(), lake::contract::Broken> {
//! lake::contract::check(Arc::new(lake::MemoryStore::new()), "somewhere").await
//! # }
//! ```
//!
//! The checks write below the prefix only, and begin with whatever is there: a suite that was stopped can be run again
//! under another prefix.

use std::{fmt::Debug, sync::Arc};

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, future::try_join_all, stream};

use crate::{Meta, Object, PutWhen, Store, StoreError};

/// A store that does not keep the contract.
#[derive(Debug, thiserror::Error)]
#[error("the store breaks `{check}`: {detail}")]
pub struct Broken {
    /// Name of the check.
    pub check: &'static str,
    /// What was found instead.
    pub detail: String,
}

/// Runs every check below `prefix`, which no other process may use meanwhile.
///
/// It must be called on a Tokio runtime, best one with several threads, so that races are races.
///
/// # Errors
/// The first check that fails.
pub async fn check(store: Arc<dyn Store>, prefix: &str) -> Result<(), Broken> {
    macro_rules! run {
        ($($check:ident),* $(,)?) => {$(
            let at = format!("{prefix}/{}", stringify!($check));
            $check(&store, &at).await.map_err(|Detail(detail)| Broken { check: stringify!($check), detail })?;
        )*};
    }
    run!(
        what_was_written_can_be_read_at_once,
        a_missing_object_is_not_found,
        an_object_may_be_empty,
        an_object_may_be_large,
        a_range_is_cut_at_the_end_of_the_object,
        a_range_past_the_end_is_out_of_range,
        an_empty_range_has_no_bytes,
        a_range_can_be_bound_to_an_entity_tag,
        an_entity_tag_changes_with_the_bytes,
        absent_refuses_to_replace,
        of_many_creators_exactly_one_wins,
        matches_replaces_only_the_state_it_names,
        matches_needs_an_object,
        of_many_swaps_none_is_lost,
        a_deleted_object_is_gone_and_can_be_created_again,
        a_list_is_sorted_and_knows_sizes_and_tags,
        a_list_begins_after_a_key,
        a_prefix_is_text_and_not_a_folder,
        a_long_list_comes_whole,
        keys_may_hold_spaces_and_any_script,
        what_is_no_key_is_refused,
    );
    Ok(())
}

/// What a check found wrong.
struct Detail(String);

impl From<StoreError> for Detail {
    fn from(error: StoreError) -> Self {
        Self(format!("unexpected error: {error} ({error:?})"))
    }
}

type Checked = Result<(), Detail>;

fn same<T: PartialEq + Debug>(what: &str, found: T, expected: T) -> Checked {
    if found == expected { Ok(()) } else { Err(Detail(format!("{what}: found {found:?}, expected {expected:?}"))) }
}

fn fails<T: Debug>(what: &str, found: Result<T, StoreError>, expected: StoreError) -> Checked {
    same(what, found.map(|value| format!("{value:?}")), Err(expected))
}

fn not_found(key: &str) -> StoreError {
    StoreError::NotFound { key: key.to_owned() }
}

fn precondition(key: &str) -> StoreError {
    StoreError::Precondition { key: key.to_owned() }
}

async fn keys(store: &Arc<dyn Store>, prefix: &str, start_after: Option<&str>) -> Result<Vec<String>, StoreError> {
    Ok(store.list(prefix, start_after).await?.into_iter().map(|meta| meta.key).collect())
}

/// Runs `work(0)`, …, `work(n - 1)` at once, each as its own task.
async fn at_once<T, Fut>(n: usize, work: impl Fn(usize) -> Fut) -> Result<Vec<T>, Detail>
where
    T: Send + 'static,
    Fut: Future<Output = T> + Send + 'static,
{
    let tasks = (0..n).map(|i| tokio::spawn(work(i)));
    try_join_all(tasks).await.map_err(|error| Detail(format!("a task failed: {error}")))
}

async fn what_was_written_can_be_read_at_once(store: &Arc<dyn Store>, at: &str) -> Checked {
    for text in ["first", "second, longer", "3rd"] {
        let etag = store.put(at, text.into(), PutWhen::Always).await?;
        same("get", store.get(at).await?, Object { bytes: text.into(), etag: etag.clone() })?;
        same("head", store.head(at).await?, Meta { key: at.to_owned(), size_bytes: text.len() as u64, etag })?;
        same("list", keys(store, at, None).await?, vec![at.to_owned()])?;
    }
    Ok(())
}

async fn a_missing_object_is_not_found(store: &Arc<dyn Store>, at: &str) -> Checked {
    fails("get", store.get(at).await, not_found(at))?;
    fails("get_range", store.get_range(at, 0..4, None).await, not_found(at))?;
    fails("empty get_range", store.get_range(at, 4..4, None).await, not_found(at))?;
    fails("head", store.head(at).await, not_found(at))?;
    same("list", keys(store, at, None).await?, vec![])?;
    same("delete", store.delete(at).await, Ok(()))
}

async fn an_object_may_be_empty(store: &Arc<dyn Store>, at: &str) -> Checked {
    let etag = store.put(at, Bytes::new(), PutWhen::Absent).await?;
    same("get", store.get(at).await?.bytes, Bytes::new())?;
    same("head", store.head(at).await?, Meta { key: at.to_owned(), size_bytes: 0, etag: etag.clone() })?;
    fails("get_range", store.get_range(at, 0..1, None).await, StoreError::OutOfRange { key: at.to_owned(), start: 0 })?;
    store.put(at, "x".into(), PutWhen::Matches(etag)).await?;
    same("replaced", store.get(at).await?.bytes, "x".into())
}

async fn an_object_may_be_large(store: &Arc<dyn Store>, at: &str) -> Checked {
    // 9 MB that do not repeat within a server's buffer sizes.
    let bytes: Bytes = (0_u32..9_000_000).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let etag = store.put(at, bytes.clone(), PutWhen::Absent).await?;
    let read = store.get(at).await?;
    same("length", read.bytes.len(), bytes.len())?;
    same("bytes are the same", read.bytes == bytes, true)?;
    same("tag", read.etag, etag)?;
    let tail = store.get_range(at, 8_999_990..u64::MAX, None).await?;
    same("tail", tail, bytes.slice(8_999_990..))?;
    let middle = store.get_range(at, 4_000_000..6_000_000, None).await?;
    same("middle is the same", middle == bytes.slice(4_000_000..6_000_000), true)
}

async fn a_range_is_cut_at_the_end_of_the_object(store: &Arc<dyn Store>, at: &str) -> Checked {
    store.put(at, "0123456789".into(), PutWhen::Always).await?;
    for (range, expected) in
        [(0..10, "0123456789"), (0..1, "0"), (3..7, "3456"), (9..10, "9"), (7..99, "789"), (0..99, "0123456789")]
    {
        let what = format!("range {range:?}");
        same(&what, store.get_range(at, range, None).await?, expected.into())?;
    }
    Ok(())
}

async fn a_range_past_the_end_is_out_of_range(store: &Arc<dyn Store>, at: &str) -> Checked {
    store.put(at, "0123456789".into(), PutWhen::Always).await?;
    for start in [10, 11, 5_000_000_000] {
        let found = store.get_range(at, start..start + 5, None).await;
        fails("range", found, StoreError::OutOfRange { key: at.to_owned(), start })?;
    }
    Ok(())
}

async fn an_empty_range_has_no_bytes(store: &Arc<dyn Store>, at: &str) -> Checked {
    let etag = store.put(at, "0123456789".into(), PutWhen::Always).await?;
    for start in [0, 5, 10, 99] {
        same("range", store.get_range(at, start..start, None).await?, Bytes::new())?;
    }
    same("right tag", store.get_range(at, 5..5, Some(&etag)).await?, Bytes::new())?;
    fails("wrong tag", store.get_range(at, 5..5, Some("0")).await, precondition(at))
}

async fn a_range_can_be_bound_to_an_entity_tag(store: &Arc<dyn Store>, at: &str) -> Checked {
    let old = store.put(at, "old bytes".into(), PutWhen::Always).await?;
    same("right tag", store.get_range(at, 0..3, Some(&old)).await?, "old".into())?;
    let new = store.put(at, "new bytes".into(), PutWhen::Always).await?;
    fails("old tag", store.get_range(at, 0..3, Some(&old)).await, precondition(at))?;
    same("new tag", store.get_range(at, 0..3, Some(&new)).await?, "new".into())
}

async fn an_entity_tag_changes_with_the_bytes(store: &Arc<dyn Store>, at: &str) -> Checked {
    let one = store.put(at, "one".into(), PutWhen::Always).await?;
    let two = store.put(at, "two".into(), PutWhen::Always).await?;
    same("tags differ", one != two && !one.is_empty(), true)?;
    same("head", store.head(at).await?.etag, two.clone())?;
    same("get", store.get(at).await?.etag, two)
}

async fn absent_refuses_to_replace(store: &Arc<dyn Store>, at: &str) -> Checked {
    store.put(at, "one".into(), PutWhen::Absent).await?;
    for again in ["one", "two"] {
        fails("second", store.put(at, again.into(), PutWhen::Absent).await, precondition(at))?;
    }
    same("get", store.get(at).await?.bytes, "one".into())
}

async fn of_many_creators_exactly_one_wins(store: &Arc<dyn Store>, at: &str) -> Checked {
    for round in 0..5 {
        let key = format!("{at}/{round}");
        let results = at_once(24, |i| {
            let (store, key) = (Arc::clone(store), key.clone());
            async move { store.put(&key, format!("creator {i}").into(), PutWhen::Absent).await.map(|_| i) }
        })
        .await?;
        let mut winners = Vec::new();
        for result in results {
            match result {
                Ok(i) => winners.push(i),
                Err(error) => same("a loser's error", error, precondition(&key))?,
            }
        }
        same("winners", winners.len(), 1)?;
        same("bytes", store.get(&key).await?.bytes, format!("creator {}", winners[0]).into())?;
    }
    Ok(())
}

async fn matches_replaces_only_the_state_it_names(store: &Arc<dyn Store>, at: &str) -> Checked {
    let one = store.put(at, "one".into(), PutWhen::Absent).await?;
    let two = store.put(at, "two".into(), PutWhen::Matches(one.clone())).await?;
    fails("old tag", store.put(at, "three".into(), PutWhen::Matches(one)).await, precondition(at))?;
    fails("other tag", store.put(at, "three".into(), PutWhen::Matches("0".repeat(32))).await, precondition(at))?;
    same("get", store.get(at).await?.bytes, "two".into())?;
    // The tag from each way of asking can be used.
    let three = store.put(at, "three".into(), PutWhen::Matches(store.head(at).await?.etag)).await?;
    let listed = store.list(at, None).await?.into_iter().map(|meta| meta.etag).collect::<Vec<_>>();
    same("listed tags", listed, vec![three.clone()])?;
    same("tags differ", two != three, true)?;
    store.put(at, "four".into(), PutWhen::Matches(three)).await?;
    same("get", store.get(at).await?.bytes, "four".into())
}

async fn matches_needs_an_object(store: &Arc<dyn Store>, at: &str) -> Checked {
    fails("never there", store.put(at, "x".into(), PutWhen::Matches("0".repeat(32))).await, precondition(at))?;
    let etag = store.put(at, "x".into(), PutWhen::Always).await?;
    store.delete(at).await?;
    fails("deleted", store.put(at, "y".into(), PutWhen::Matches(etag)).await, precondition(at))?;
    fails("get", store.get(at).await, not_found(at))
}

async fn of_many_swaps_none_is_lost(store: &Arc<dyn Store>, at: &str) -> Checked {
    store.put(at, "0".into(), PutWhen::Absent).await?;
    let (n_tasks, n_each) = (8, 5);
    let results = at_once(n_tasks, |_| {
        let (store, key) = (Arc::clone(store), at.to_owned());
        async move {
            for _ in 0..n_each {
                increment(&*store, &key).await?;
            }
            Ok::<_, Detail>(())
        }
    })
    .await?;
    results.into_iter().collect::<Checked>()?;
    same("count", store.get(at).await?.bytes, format!("{}", n_tasks * n_each).into())
}

async fn increment(store: &dyn Store, key: &str) -> Checked {
    loop {
        let Object { bytes, etag } = store.get(key).await?;
        let number: u32 = std::str::from_utf8(&bytes).ok().and_then(|text| text.parse().ok()).unwrap_or(0);
        match store.put(key, format!("{}", number + 1).into(), PutWhen::Matches(etag)).await {
            Err(StoreError::Precondition { .. }) => {}
            result => return Ok(result.map(|_| ())?),
        }
    }
}

async fn a_deleted_object_is_gone_and_can_be_created_again(store: &Arc<dyn Store>, at: &str) -> Checked {
    store.put(at, "one".into(), PutWhen::Absent).await?;
    store.delete(at).await?;
    fails("get", store.get(at).await, not_found(at))?;
    same("list", keys(store, at, None).await?, vec![])?;
    store.delete(at).await?;
    store.put(at, "two".into(), PutWhen::Absent).await?;
    same("again", store.get(at).await?.bytes, "two".into())
}

async fn a_list_is_sorted_and_knows_sizes_and_tags(store: &Arc<dyn Store>, at: &str) -> Checked {
    // Byte order: digits, upper case, `_`, lower case, everything else; `-` and `.` sort before `/`.
    let names = ["z", "a/b", "a.b", "a-b", "Z", "1", "10", "2", "_", "é", "ab"];
    let mut expected = Vec::new();
    for (i, name) in names.iter().enumerate() {
        let key = format!("{at}/{name}");
        let etag = store.put(&key, "x".repeat(i).into(), PutWhen::Absent).await?;
        expected.push(Meta { key, size_bytes: i as u64, etag });
    }
    expected.sort_unstable_by(|a, b| a.key.as_bytes().cmp(b.key.as_bytes()));
    same("list", store.list(&format!("{at}/"), None).await?, expected)
}

async fn a_list_begins_after_a_key(store: &Arc<dyn Store>, at: &str) -> Checked {
    let all: Vec<String> = (1..=5).map(|i| format!("{at}/{i:06}.json")).collect();
    for key in &all {
        store.put(key, "{}".into(), PutWhen::Absent).await?;
    }
    let prefix = format!("{at}/");
    same("after a key", keys(store, &prefix, Some(&all[2])).await?, all[3..].to_vec())?;
    same("between keys", keys(store, &prefix, Some(&format!("{at}/000003"))).await?, all[2..].to_vec())?;
    same("after the last", keys(store, &prefix, Some(&all[4])).await?, vec![])?;
    same("before the first", keys(store, &prefix, Some(&prefix)).await?, all.clone())?;
    same("before the prefix", keys(store, &prefix, Some("!")).await?, all)?;
    same("after the prefix", keys(store, &prefix, Some(&format!("{at}~"))).await?, vec![])
}

async fn a_prefix_is_text_and_not_a_folder(store: &Arc<dyn Store>, at: &str) -> Checked {
    for name in ["part-1", "part-10", "part-2/x", "party/y", "other"] {
        store.put(&format!("{at}/{name}"), "x".into(), PutWhen::Absent).await?;
    }
    let found = |names: &[&str]| names.iter().map(|name| format!("{at}/{name}")).collect::<Vec<_>>();
    let list = async |prefix: &str| keys(store, &format!("{at}/{prefix}"), None).await;
    same("part-1", list("part-1").await?, found(&["part-1", "part-10"]))?;
    same("part", list("part").await?, found(&["part-1", "part-10", "part-2/x", "party/y"]))?;
    same("part-2/", list("part-2/").await?, found(&["part-2/x"]))?;
    same("part-2/x/", list("part-2/x/").await?, vec![])?;
    same("none", list("none/at/all").await?, vec![])
}

async fn a_long_list_comes_whole(store: &Arc<dyn Store>, at: &str) -> Checked {
    // S3 answers at most 1000 keys at a time.
    let all: Vec<String> = (0..1_050).map(|i| format!("{at}/{i:06}")).collect();
    let writes = all.iter().map(|key| store.put(key, "x".into(), PutWhen::Always));
    stream::iter(writes).buffer_unordered(16).try_collect::<Vec<_>>().await?;
    same("list", keys(store, &format!("{at}/"), None).await?, all.clone())?;
    same("rest", keys(store, &format!("{at}/"), Some(&all[9])).await?, all[10..].to_vec())
}

async fn keys_may_hold_spaces_and_any_script(store: &Arc<dyn Store>, at: &str) -> Checked {
    let names = ["with space", "a+b&c=d%20e", "quote'\"<x>", "naïve/Übung", "数据", "🦆", "a:b;c,d@e", "~tilde(1)!"];
    for name in names {
        let key = format!("{at}/{name}");
        let etag = store.put(&key, name.into(), PutWhen::Absent).await?;
        same(name, store.get(&key).await?.bytes, name.into())?;
        same(name, store.head(&key).await?, Meta { key: key.clone(), size_bytes: name.len() as u64, etag })?;
        same(name, keys(store, &key, None).await?, vec![key])?;
    }
    same("all", keys(store, &format!("{at}/"), None).await?.len(), names.len())?;
    for name in names {
        store.delete(&format!("{at}/{name}")).await?;
    }
    same("none", keys(store, &format!("{at}/"), None).await?, vec![])
}

async fn what_is_no_key_is_refused(store: &Arc<dyn Store>, at: &str) -> Checked {
    let long = format!("{at}/{}", "x".repeat(1024));
    for key in ["", "/", "/a", "a/", "a//b", ".", "a/./b", "../a", "a/..", "a\nb", "a\0b", &long] {
        let refused = |found: Result<(), StoreError>| match found {
            Err(StoreError::InvalidKey { .. }) => Ok(()),
            other => Err(Detail(format!("key {key:?}: {other:?}"))),
        };
        refused(store.put(key, "x".into(), PutWhen::Always).await.map(|_| ()))?;
        refused(store.get(key).await.map(|_| ()))?;
        refused(store.get_range(key, 0..1, None).await.map(|_| ()))?;
        refused(store.head(key).await.map(|_| ()))?;
        refused(store.delete(key).await)?;
    }
    Ok(())
}
