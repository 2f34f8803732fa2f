//! News of the spool folder from the kernel (inotify).
//!
//! What an event says does not matter: each is a reason to look. So nothing is lost when the kernel's queue
//! overflows, which is an event as well.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::inotify::{self, CreateFlags, Reader, WatchFlags};
use tokio::io::unix::AsyncFd;

/// Some hundred events at once; only that there are some is of interest.
const BUFFER_BYTES: usize = 4096;

/// A folder that is listened to.
#[derive(Debug)]
pub(super) struct Watch {
    events: AsyncFd<OwnedFd>,
    /// The folder's inode: one that is made anew in its place is another.
    inode: u64,
}

// === impl Watch ===

impl Watch {
    /// Must be called within a tokio runtime.
    pub(super) fn open(dir: &Path) -> io::Result<Self> {
        let events = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        // A frame is whole when it gets its name; the last two tell that the folder goes.
        let wanted = WatchFlags::MOVED_TO | WatchFlags::DELETE_SELF | WatchFlags::MOVE_SELF;
        inotify::add_watch(&events, dir, wanted | WatchFlags::ONLYDIR)?;
        // Its successor is unsafe for types that may close their descriptor early, which this one can't.
        #[allow(deprecated)]
        let events = AsyncFd::new(events)?;
        Ok(Self {
            events,
            inode: std::fs::metadata(dir)?.ino(),
        })
    }

    /// Whether this is the folder that is there now.
    pub(super) fn is_of(&self, dir: &Path) -> bool {
        std::fs::metadata(dir).is_ok_and(|metadata| metadata.ino() == self.inode)
    }

    /// Waits for something to happen, and takes all that has happened by then as one.
    pub(super) async fn heard(&self) {
        // An error here would come again at once; the look that follows tells what it is about.
        if let Ok(mut ready) = self.events.readable().await {
            let mut buffer = [MaybeUninit::uninit(); BUFFER_BYTES];
            let mut reader = Reader::new(self.events.get_ref(), &mut buffer);
            while reader.next().is_ok() {}
            ready.clear_ready();
        } else {
            std::future::pending::<()>().await;
        }
    }
}
