use sha2::Digest as _;

/// The hash partition of an entity: the first 8 bytes of the SHA-256 of its key, as a big-endian number, modulo
/// `n_partitions`.
///
/// The same for every table and on every machine, so the rows of an entity meet in one partition.
///
/// ```
/// assert_eq!(etl::partition_of("CUS_0x1000", 1), 0);
/// assert!(etl::partition_of("CUS_0x1000", 8) < 8);
/// ```
#[must_use]
pub fn partition_of(entity: &str, n_partitions: u32) -> u32 {
    let digest = sha2::Sha256::digest(entity.as_bytes());
    let first = digest.iter().take(8).fold(0_u64, |number, &byte| number << 8 | u64::from(byte));
    // Smaller than `n_partitions`, so it fits.
    (first % u64::from(n_partitions.max(1))) as u32
}

#[cfg(test)]
mod tests {
    use super::partition_of;

    #[test]
    fn the_partition_of_an_entity_never_changes() {
        // hashlib.sha256(b"CUS_0x1000").digest()[:8] as a big-endian number, modulo n.
        for (entity, partitions) in [
            ("CUS_0x1000", [0, 2, 0, 176]),
            ("CUS_0x1009", [0, 0, 1, 97]),
            ("7590-VHVEG", [0, 0, 4, 204]),
            ("", [0, 1, 4, 20]),
        ] {
            assert_eq!([1, 3, 8, 256].map(|n| partition_of(entity, n)), partitions, "{entity}");
        }
    }
}
