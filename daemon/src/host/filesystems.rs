//! File systems: what room there is, on those that lie on a disk of this machine.
//!
//! A network's file system is not asked: it may be away, and whoever asks it hangs.

use std::collections::BTreeSet;

use procfs::process::{MountInfo, Process};
use wire::host::Filesystem;

/// File systems of one record; the fullest are told.
const FILESYSTEMS_MAX: usize = 16;

/// What may lie on a disk here, and holds files that grow.
const TYPES: [&str; 8] = [
    "ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "overlay",
];

/// The file systems that there are, the fullest first; empty where the kernel does not tell.
pub(super) fn take() -> Vec<Filesystem> {
    let mounts = Process::myself().and_then(|process| process.mountinfo());
    let mut seen = BTreeSet::new();
    let mut found: Vec<Filesystem> = mounts
        .map(|mounts| mounts.0)
        .unwrap_or_default()
        .iter()
        .filter(|mount| TYPES.contains(&mount.fs_type.as_str()))
        // A file system that is mounted in several places is one.
        .filter(|mount| seen.insert(mount.majmin.clone()))
        .filter_map(of_mount)
        .collect();
    found.sort_by(|a, b| b.used_percent.total_cmp(&a.used_percent));
    found.truncate(FILESYSTEMS_MAX);
    found
}

fn of_mount(mount: &MountInfo) -> Option<Filesystem> {
    let state = rustix::fs::statvfs(&mount.mount_point).ok()?;
    if state.f_blocks == 0 {
        return None;
    }
    // What is kept for root is not there for anybody else, as `df` has it.
    let used = state.f_blocks - state.f_bfree;
    let percent = |used: u64, of: u64| super::round(100.0 * used as f64 / (of.max(1)) as f64);
    let inodes_used = state.f_files.saturating_sub(state.f_ffree);
    Some(Filesystem {
        mount: mount.mount_point.display().to_string(),
        total_bytes: state.f_blocks.saturating_mul(state.f_frsize),
        available_bytes: state.f_bavail.saturating_mul(state.f_frsize),
        used_percent: percent(used, used + state.f_bavail),
        inodes_used_percent: (state.f_files > 0).then(|| percent(inodes_used, state.f_files)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fullest_comes_first_and_each_once() {
        let found = take();
        assert!(found.is_sorted_by(|a, b| a.used_percent >= b.used_percent));
        let mounts: BTreeSet<&str> = found.iter().map(|it| it.mount.as_str()).collect();
        assert_eq!(mounts.len(), found.len());
        for filesystem in &found {
            assert!(
                filesystem.available_bytes <= filesystem.total_bytes,
                "{filesystem:?}"
            );
            assert!(
                (0.0..=100.0).contains(&filesystem.used_percent),
                "{filesystem:?}"
            );
        }
    }
}
