//! What the IDE says: kept in two files of bounded size, followed by whoever asks.

use crate::{folder::RunFolder, folder::last_text, protocol::LAST_OUTPUT_BYTES, protocol::OUTPUT_BYTES};
use bytes::Bytes;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::{io::AsyncReadExt, net::unix::pipe, sync::broadcast};

/// The older file is dropped when the newer one is this large, so both together stay within [`OUTPUT_BYTES`].
const FILE_BYTES: usize = OUTPUT_BYTES / 2;
/// How many chunks a slow reader may be behind before it loses some.
const BEHIND: usize = 256;

/// The output of the IDE.
#[derive(Debug)]
pub(crate) struct Output {
    kept: Mutex<Kept>,
    news: broadcast::Sender<Bytes>,
}

#[derive(Debug)]
struct Kept {
    folder: RunFolder,
    file: Option<File>,
    in_file: usize,
    /// The end of it, in memory: it is needed most when the disk is full.
    tail: Vec<u8>,
    total: u64,
}

impl Output {
    /// No output yet; files in `folder` are made when there is some.
    pub(crate) fn new(folder: RunFolder) -> Self {
        let kept = Kept { folder, file: None, in_file: 0, tail: Vec::new(), total: 0 };
        Self { kept: Mutex::new(kept), news: broadcast::Sender::new(BEHIND) }
    }

    /// Takes what the IDE writes into `pipe` until nobody has the other end any more.
    pub(crate) async fn pump(&self, mut pipe: pipe::Receiver) -> io::Result<()> {
        let mut buffer = vec![0; 16 << 10];
        loop {
            match pipe.read(&mut buffer).await? {
                0 => return Ok(()),
                count => self.take(&buffer[..count]),
            }
        }
    }

    /// Keeps a chunk and hands it to those who follow.
    pub(crate) fn take(&self, chunk: &[u8]) {
        let mut kept = self.kept();
        kept.keep(chunk);
        // Sent under the lock, so that `follow` neither misses nor repeats a chunk.
        let _ = self.news.send(Bytes::copy_from_slice(chunk));
    }

    /// What is kept, and what comes after it.
    pub(crate) fn follow(&self) -> io::Result<(Bytes, broadcast::Receiver<Bytes>)> {
        let kept = self.kept();
        Ok((kept.folder.read_output()?.into(), self.news.subscribe()))
    }

    /// The last lines.
    pub(crate) fn last_lines(&self) -> String {
        last_text(&self.kept().tail)
    }

    /// How many bytes there were in all: it grows while the IDE has something to say.
    pub(crate) fn total(&self) -> u64 {
        self.kept().total
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn keep(&mut self, chunk: &[u8]) {
        self.total += chunk.len() as u64;
        self.tail.extend_from_slice(chunk);
        // One byte more than is shown tells that something stood before.
        let surplus = self.tail.len().saturating_sub(LAST_OUTPUT_BYTES + 1);
        self.tail.drain(..surplus);
        for piece in chunk.chunks(FILE_BYTES) {
            // A full disk must not end a session that has room elsewhere: the output is lost, the tail is not.
            if self.write(piece).is_err() {
                self.file = None;
            }
        }
    }

    fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        if self.in_file + piece.len() > FILE_BYTES {
            fs::rename(self.folder.output(), self.folder.older_output())?;
            (self.file, self.in_file) = (None, 0);
        }
        if self.file.is_none() {
            self.file = Some(OpenOptions::new().append(true).create(true).open(self.folder.output())?);
        }
        if let Some(file) = &mut self.file {
            file.write_all(piece)?;
            self.in_file += piece.len();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_mebibyte_is_kept_and_no_more() {
        let dir = tempfile::tempdir().unwrap();
        let output = Output::new(RunFolder::new(dir.path()));
        for line in 0..60_000 {
            output.take(format!("line {line} of many that are written\n").as_bytes());
        }
        let (kept, _) = output.follow().unwrap();
        assert!(kept.len() <= OUTPUT_BYTES && kept.len() > OUTPUT_BYTES / 2, "{}", kept.len());
        assert!(kept.ends_with(b"line 59999 of many that are written\n"));
        let files = fs::read_dir(dir.path()).unwrap().count();
        assert_eq!(files, 2);
    }

    #[test]
    fn who_follows_misses_nothing_and_gets_nothing_twice() {
        let dir = tempfile::tempdir().unwrap();
        let output = Output::new(RunFolder::new(dir.path()));
        output.take(b"before ");
        let (kept, mut news) = output.follow().unwrap();
        output.take(b"after");
        assert_eq!((kept.as_ref(), news.try_recv().unwrap().as_ref()), (&b"before "[..], &b"after"[..]));
    }

    #[test]
    fn the_last_lines_are_there_although_nothing_can_be_written() {
        let output = Output::new(RunFolder::new("/dev/null/no-such-folder"));
        output.take(b"No space left on device\n");
        assert_eq!(output.last_lines(), "No space left on device\n");
    }
}
