//! Reading bytes in order. Numbers are big-endian.

/// The version of the protocol, the first byte of every message.
pub(crate) const VERSION: u8 = 1;

/// What is wrong with the beginning of a message.
pub(crate) enum Head {
    /// It has none.
    Short,
    /// It is of another version of the protocol.
    Version(u8),
}

/// Lets errors with the variants `Length` and `Version` come from a [`Head`].
macro_rules! from_head {
    ($($error:ident),+) => {
        $(impl From<crate::bytes::Head> for $error {
            fn from(head: crate::bytes::Head) -> Self {
                match head {
                    crate::bytes::Head::Short => Self::Length,
                    crate::bytes::Head::Version(other) => Self::Version(other),
                }
            }
        })+
    };
}
pub(crate) use from_head;

/// What is left to read of some bytes. Each taking is checked; nothing panics.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Takes so many bytes; `None` where fewer are left.
    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    /// Takes the first byte of a message: the version of the protocol.
    pub(crate) fn version(&mut self) -> Result<(), Head> {
        match self.u8() {
            Some(VERSION) => Ok(()),
            Some(other) => Err(Head::Version(other)),
            None => Err(Head::Short),
        }
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    /// Returns `Some` where everything was read.
    pub(crate) fn end(self) -> Option<()> {
        self.rest.is_empty().then_some(())
    }
}
