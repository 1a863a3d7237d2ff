//! SQLite's way to our image: a file layer that can only read.
//!
//! This is the one file of the crate with unsafe code. SQLite takes a file layer only as a table of
//! C functions. The ready-made wrapper, the crate sqlite-plugin 0.11, makes its bindings at build
//! time and so needs libclang on every machine that compiles us; the bindings that come with
//! rusqlite need nothing.
//!
//! What holds in this file:
//! - SQLite calls a file's functions only between a successful `open` and `close`, with the memory
//!   it gave to `open`. (<https://www.sqlite.org/c3ref/vfs.html>, 2026-11)
//! - Each `open` file owns one count of its `Arc<Image>` until `close`.
//! - No function panics; a panic here would end the process.
//! - There is no path from here to a file by name: only images lent by [`lend`] can be opened.
//!   So SQLite can't open, make, lock, map or delete anything, whatever a database asks for.
//!
//! The image calls itself immutable, so SQLite asks for no lock and looks for no `-wal` or
//! `-journal`. The version of the function table is 1: no shared memory, no mapping.
//!
//! One file SQLite opens past this layer: `/dev/urandom`, once in a process, for its own numbers.
//! Where that is not allowed it goes on without (measured with SQLite 3.54.1).
#![allow(unsafe_code)]

use std::{
    collections::BTreeMap,
    ffi::{CStr, c_char, c_int, c_void},
    ptr, slice,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use rusqlite::ffi;

use super::image::Image;

/// The name under which SQLite knows this layer.
pub(super) const NAME: &CStr = c"candor-image";

/// Longest name of an image; ours are a few letters and a number.
const LONGEST_NAME: usize = 64;

/// Images that may be opened, by name.
static LENT: Mutex<BTreeMap<String, Arc<Image>>> = Mutex::new(BTreeMap::new());

/// An image that SQLite can open by name as long as this lives.
pub(super) struct Lent(String);

impl Lent {
    pub(super) fn name(&self) -> &str {
        &self.0
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        LENT.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.0);
    }
}

/// Makes an image openable. What was opened stays open when the loan ends.
///
/// # Errors
/// When SQLite does not take the file layer.
pub(super) fn lend(image: &Arc<Image>) -> rusqlite::Result<Lent> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    register()?;
    let name = format!("image-{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let mut lent = LENT.lock().unwrap_or_else(PoisonError::into_inner);
    lent.insert(name.clone(), Arc::clone(image));
    Ok(Lent(name))
}

/// Tells SQLite about this layer, once in a process. It does not become the default.
fn register() -> rusqlite::Result<()> {
    static RESULT: OnceLock<c_int> = OnceLock::new();
    let result = *RESULT.get_or_init(|| {
        // Lives as long as the process: SQLite keeps the pointer.
        let layer = Box::leak(Box::new(ffi::sqlite3_vfs {
            iVersion: 1,
            szOsFile: size_of::<OpenImage>() as c_int,
            mxPathname: LONGEST_NAME as c_int,
            pNext: ptr::null_mut(),
            zName: NAME.as_ptr(),
            pAppData: ptr::null_mut(),
            xOpen: Some(open),
            xDelete: Some(delete),
            xAccess: Some(access),
            xFullPathname: Some(full_name),
            xDlOpen: Some(load_nothing),
            xDlError: Some(say_nothing),
            xDlSym: None,
            xDlClose: None,
            xRandomness: Some(randomness),
            xSleep: Some(sleep),
            xCurrentTime: Some(no_time),
            xGetLastError: Some(last_error),
            xCurrentTimeInt64: None,
            xSetSystemCall: None,
            xGetSystemCall: None,
            xNextSystemCall: None,
        }));
        // SAFETY: `layer` is complete for version 1 and is never freed or changed by us.
        unsafe { ffi::sqlite3_vfs_register(layer, 0) }
    });
    match result {
        ffi::SQLITE_OK => Ok(()),
        code => Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)),
    }
}

/// What SQLite's file memory holds: its own head, then our pointer.
#[repr(C)]
struct OpenImage {
    head: ffi::sqlite3_file,
    image: *const Image,
}

static FILE: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 1,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(lock),
    xCheckReservedLock: Some(reserved_lock),
    xFileControl: Some(control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: None,
    xShmLock: None,
    xShmBarrier: None,
    xShmUnmap: None,
    xFetch: None,
    xUnfetch: None,
};

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    // SAFETY: `file` is memory of `szOsFile` bytes. No methods means: do not call `close`.
    unsafe { (*file).pMethods = ptr::null() };
    // Journals, temporary files and unnamed files end here; SQLite then keeps them in memory.
    if name.is_null() || flags & ffi::SQLITE_OPEN_MAIN_DB == 0 {
        return ffi::SQLITE_CANTOPEN;
    }
    // SAFETY: SQLite's names end with a zero byte.
    let name = unsafe { CStr::from_ptr(name) }.to_string_lossy();
    let lent = LENT.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(image) = lent.get(name.as_ref()) else {
        return ffi::SQLITE_CANTOPEN;
    };
    let opened = OpenImage {
        head: ffi::sqlite3_file {
            pMethods: &raw const FILE,
        },
        image: Arc::into_raw(Arc::clone(image)),
    };
    // SAFETY: the memory has room for an `OpenImage`, as `szOsFile` said, and is aligned for one:
    // SQLite aligns it for any pointer.
    unsafe { file.cast::<OpenImage>().write(opened) };
    if !flags_out.is_null() {
        // SAFETY: not null, so it points to SQLite's variable.
        unsafe { *flags_out = ffi::SQLITE_OPEN_READONLY | ffi::SQLITE_OPEN_MAIN_DB };
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: opened by us and not closed yet, so one count is ours to give back.
    unsafe { drop(Arc::from_raw((*file.cast::<OpenImage>()).image)) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    buffer: *mut c_void,
    count: c_int,
    offset: i64,
) -> c_int {
    let (Ok(count), Ok(offset)) = (usize::try_from(count), u64::try_from(offset)) else {
        return ffi::SQLITE_IOERR_READ;
    };
    // SAFETY: `buffer` has room for `count` bytes that only we use during this call; they are
    // written before a slice of them exists.
    let buffer = unsafe {
        ptr::write_bytes(buffer.cast::<u8>(), 0, count);
        slice::from_raw_parts_mut(buffer.cast::<u8>(), count)
    };
    // SAFETY: opened by us and not closed yet, so the count we hold keeps the image alive.
    let image = unsafe { &*(*file.cast::<OpenImage>()).image };
    match image.read_at(buffer, offset) {
        Ok(filled) if filled == count => ffi::SQLITE_OK,
        // What is missing is zero, as SQLite asks for.
        Ok(_) => ffi::SQLITE_IOERR_SHORT_READ,
        Err(_) => ffi::SQLITE_IOERR_READ,
    }
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, size: *mut i64) -> c_int {
    // SAFETY: opened by us and not closed yet.
    let image = unsafe { &*(*file.cast::<OpenImage>()).image };
    // SAFETY: points to SQLite's variable.
    unsafe { *size = i64::try_from(image.size()).unwrap_or(i64::MAX) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn write(_: *mut ffi::sqlite3_file, _: *const c_void, _: c_int, _: i64) -> c_int {
    ffi::SQLITE_READONLY
}

unsafe extern "C" fn truncate(_: *mut ffi::sqlite3_file, _: i64) -> c_int {
    ffi::SQLITE_READONLY
}

unsafe extern "C" fn sync(_: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    ffi::SQLITE_OK
}

/// Nobody else can reach an image, so there is nothing to lock.
unsafe extern "C" fn lock(_: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn reserved_lock(_: *mut ffi::sqlite3_file, held: *mut c_int) -> c_int {
    // SAFETY: points to SQLite's variable.
    unsafe { *held = 0 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn control(_: *mut ffi::sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut ffi::sqlite3_file) -> c_int {
    4096
}

unsafe extern "C" fn characteristics(_: *mut ffi::sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_IMMUTABLE
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, _: *const c_char, _: c_int) -> c_int {
    ffi::SQLITE_IOERR_DELETE
}

/// No file is beside an image.
unsafe extern "C" fn access(
    _: *mut ffi::sqlite3_vfs,
    _: *const c_char,
    _: c_int,
    there: *mut c_int,
) -> c_int {
    // SAFETY: points to SQLite's variable.
    unsafe { *there = 0 };
    ffi::SQLITE_OK
}

/// Names of images are whole names.
unsafe extern "C" fn full_name(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    room: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: SQLite's names end with a zero byte.
    let name = unsafe { CStr::from_ptr(name) }.to_bytes_with_nul();
    if usize::try_from(room).is_ok_and(|room| name.len() <= room) {
        // SAFETY: `out` has `room` bytes, which was just compared, and is SQLite's own.
        unsafe { ptr::copy_nonoverlapping(name.as_ptr().cast(), out, name.len()) };
        ffi::SQLITE_OK
    } else {
        ffi::SQLITE_CANTOPEN
    }
}

/// No library is ever loaded, so SQLite never asks for a symbol or to unload one.
unsafe extern "C" fn load_nothing(_: *mut ffi::sqlite3_vfs, _: *const c_char) -> *mut c_void {
    ptr::null_mut()
}

unsafe extern "C" fn say_nothing(_: *mut ffi::sqlite3_vfs, room: c_int, out: *mut c_char) {
    if room > 0 {
        // SAFETY: `out` has `room` bytes.
        unsafe { *out = 0 };
    }
}

/// Nothing here needs chance.
unsafe extern "C" fn randomness(_: *mut ffi::sqlite3_vfs, _: c_int, _: *mut c_char) -> c_int {
    0
}

unsafe extern "C" fn sleep(_: *mut ffi::sqlite3_vfs, _: c_int) -> c_int {
    0
}

/// Queries that ask for the current time get an error: times are given to them.
unsafe extern "C" fn no_time(_: *mut ffi::sqlite3_vfs, _: *mut f64) -> c_int {
    ffi::SQLITE_ERROR
}

unsafe extern "C" fn last_error(_: *mut ffi::sqlite3_vfs, _: c_int, _: *mut c_char) -> c_int {
    0
}
