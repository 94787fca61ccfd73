//! Reads the lines of a file, unchanged and numbered.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
    thread,
};

use tokio::sync::mpsc::{self, Receiver, Sender};

use crate::error::AdminError;

/// The longest line, in bytes. Of a longer one, only this much is in memory at a time.
pub(crate) const MAX_LEN: usize = 64 * 1024;

/// How many bytes are read at once: the longest line with its line break.
const CHUNK: u64 = MAX_LEN as u64 + 2;

/// How many pieces are read in advance.
const AHEAD: usize = 64;

/// The source of the lines.
#[derive(Debug)]
pub(crate) enum Source {
    Stdin,
    File(File, u64),
}

/// A piece of the input, unchanged.
#[derive(Debug)]
pub(crate) enum Piece {
    /// A line, or the start of one that is too long.
    Line(Line),
    /// More of a line that is too long.
    Rest(Vec<u8>),
    /// The input failed.
    Failed(io::Error),
}

/// A line.
#[derive(Debug)]
pub(crate) struct Line {
    /// Its number, from 1.
    pub(crate) number: u64,
    /// Its bytes, with its line break.
    pub(crate) bytes: Vec<u8>,
}

impl Source {
    pub(crate) fn open(path: &Path) -> Result<Self, AdminError> {
        let name = || path.display().to_string();
        let file = File::open(path).map_err(|e| AdminError::io(name())(e))?;
        let metadata = file.metadata().map_err(|e| AdminError::io(name())(e))?;
        if metadata.is_dir() {
            return Err(AdminError::Usage("the file to import is a folder: name a file"));
        }
        Ok(Self::File(file, metadata.len()))
    }

    /// The number of bytes, if it is known.
    pub(crate) fn len(&self) -> Option<u64> {
        match self {
            Self::Stdin => None,
            Self::File(_, len) => Some(*len),
        }
    }
}

/// Reads the lines in a thread. A thread that waits for standard input can't be stopped, so the import
/// doesn't join it.
pub(crate) fn read(source: Source, from_line: u64) -> Receiver<Piece> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    thread::spawn(move || {
        let reader: Box<dyn Read> = match source {
            Source::Stdin => Box::new(io::stdin()),
            Source::File(file, _) => Box::new(file),
        };
        send_all(BufReader::new(reader), from_line, &sender);
    });
    receiver
}

fn send_all(mut reader: impl BufRead, from_line: u64, sender: &Sender<Piece>) {
    let (mut number, mut is_within) = (0, false);
    loop {
        let mut bytes = Vec::new();
        let piece = match reader.by_ref().take(CHUNK).read_until(b'\n', &mut bytes) {
            Ok(0) => return,
            Err(error) => Piece::Failed(error),
            Ok(_) => {
                let ends = bytes.ends_with(b"\n");
                number += u64::from(!is_within);
                let piece = if is_within { Piece::Rest(bytes) } else { Piece::Line(Line { number, bytes }) };
                is_within = !ends;
                piece
            }
        };
        let is_last = matches!(piece, Piece::Failed(_));
        let is_wanted = number >= from_line || is_last;
        if is_wanted && sender.blocking_send(piece).is_err() || is_last {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &[u8], from_line: u64) -> Vec<(u64, usize)> {
        let (sender, mut receiver) = mpsc::channel(1000);
        send_all(text, from_line, &sender);
        drop(sender);
        let mut pieces = Vec::new();
        while let Some(piece) = receiver.blocking_recv() {
            pieces.push(match piece {
                Piece::Line(line) => (line.number, line.bytes.len()),
                Piece::Rest(bytes) => (0, bytes.len()),
                Piece::Failed(error) => panic!("{error}"),
            });
        }
        pieces
    }

    #[test]
    fn lines_are_numbered_as_an_editor_numbers_them() {
        assert_eq!(pieces(b"a\n\nbb\r\nc", 1), [(1, 2), (2, 1), (3, 4), (4, 1)]);
        assert_eq!(pieces(b"a\n\nbb\r\nc", 3), [(3, 4), (4, 1)]);
        assert_eq!(pieces(b"", 1), []);
    }

    #[test]
    fn a_long_line_comes_in_pieces_without_loss() {
        let text = ["x".repeat(3 * MAX_LEN), "y".to_owned()].join("\n");
        let chunk = MAX_LEN + 2;
        assert_eq!(
            pieces(text.as_bytes(), 1),
            [(1, chunk), (0, chunk), (0, 3 * MAX_LEN - 2 * chunk + 1), (2, 1)]
        );
        assert_eq!(pieces(text.as_bytes(), 2), [(2, 1)]);
    }
}
