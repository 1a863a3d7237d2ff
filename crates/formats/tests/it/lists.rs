//! Property lists, profiles.ini and Local State.

use candor_formats::{ini, local_state, plist};

const XML: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
  <key>Other</key><array><dict><key>DownloadEntryURL</key><string>not this</string></dict></array>
  <key>DownloadHistory</key><array>
    <dict>
      <key>DownloadEntryURL</key><string>https://example.org/a?b=1&amp;c=2</string>
      <key>DownloadEntryPath</key><string>~/Downloads/ü.zip</string>
      <key>DownloadEntryDateAddedKey</key><date>2026-06-26T18:00:17Z</date>
      <key>DownloadEntryProgressTotalToLoad</key><integer>12</integer>
      <key>DownloadEntryProgressBytesSoFar</key><integer>-1</integer>
      <key>DownloadEntryBookmarkBlob</key><data>AAEC</data>
      <key>DownloadEntryProfileUUIDStringKey</key><string>DefaultProfile</string>
    </dict>
    <string>stray</string>
    <dict><key>DownloadEntryURL</key><integer>7</integer></dict>
  </array>
</dict></plist>"#;

#[test]
fn downloads_are_read_from_xml() {
    let rows = plist::parse(XML.as_bytes()).unwrap();
    let first = plist::Download {
        url: Some("https://example.org/a?b=1&c=2".into()),
        path: Some("~/Downloads/ü.zip".into()),
        added: Some(1_782_496_817_000_000),
        finished: None,
        bytes_promised: Some(12),
        bytes_arrived: None,
        profile: Some("DefaultProfile".into()),
    };
    assert_eq!(rows, [first, plist::Download::default()]);
}

/// A binary list: the objects, the place of each, and the trailer.
fn binary(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"bplist00".to_vec();
    let mut table = Vec::new();
    for object in objects {
        table.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
        bytes.extend_from_slice(object);
    }
    let table_at = bytes.len() as u64;
    bytes.extend_from_slice(&table);
    bytes.extend_from_slice(&[0, 0, 0, 0, 0, 0, 4, 1]);
    for number in [objects.len() as u64, 0, table_at] {
        bytes.extend_from_slice(&number.to_be_bytes());
    }
    bytes
}

fn text(text: &str) -> Vec<u8> {
    let mut bytes = vec![0x5f, 0x10, text.len() as u8];
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

#[test]
fn downloads_are_read_from_the_binary_form() {
    let list = binary(&[
        vec![0xd1, 1, 2],
        text("DownloadHistory"),
        vec![0xa1, 3],
        vec![0xd2, 4, 6, 5, 7],
        text("DownloadEntryURL"),
        text("https://example.org/"),
        text("DownloadEntryDateAddedKey"),
        [&[0x33][..], &1.5f64.to_be_bytes()].concat(),
    ]);
    let rows = plist::parse(&list).unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].url.as_deref(), Some("https://example.org/"));
    assert_eq!(rows[0].added, Some(978_307_201_500_000));
}

#[test]
fn a_list_that_unfolds_without_end_is_stopped() {
    // Each list holds the next one fifteen times: 15^15 values in 300 bytes.
    let mut objects: Vec<Vec<u8>> = (1..=15)
        .map(|next| {
            let mut list = vec![0xae];
            list.extend([next; 14]);
            list
        })
        .collect();
    objects.push(text("end"));
    assert!(matches!(
        plist::parse(&binary(&objects)),
        Err(plist::Error::Odd(_))
    ));
    // A long text used again and again.
    let mut long = vec![0x4f, 0x12];
    long.extend_from_slice(&1_000_000u32.to_be_bytes());
    long.extend(vec![7; 1_000_000]);
    let many = [&[0xaf, 0x11, 1, 0][..], &[1; 256]].concat();
    assert!(matches!(
        plist::parse(&binary(&[many, long])),
        Err(plist::Error::Odd(_))
    ));
}

#[test]
fn a_list_that_holds_itself_or_is_too_deep_is_damaged() {
    assert!(plist::parse(&binary(&[vec![0xa1, 0]])).is_err());
    let deep = format!("<plist>{}</plist>", "<array>".repeat(100_000));
    assert!(matches!(
        plist::parse(deep.as_bytes()),
        Err(plist::Error::Odd(_))
    ));
}

#[test]
fn a_date_beyond_the_calendar_is_refused() {
    for date in [
        "<date>9999-12-31T23:59:59-23:59</date>",
        "<date>9999-12-31T23:59:59&#45;23:59</date>",
        "<date >9999-12-31T23:59:59-23:59</date>",
        "<x:date>9999-12-31T23:59:59-23:59</x:date>",
        "<date><!-- -->9999-12-31T23:59:59-23:59</date>",
        "<date/>",
    ] {
        let list = XML.replace("<date>2026-06-26T18:00:17Z</date>", date);
        assert!(
            matches!(plist::parse(list.as_bytes()), Err(plist::Error::Odd(_))),
            "{date}"
        );
    }
}

#[test]
fn lists_of_other_things_have_no_downloads() {
    assert_eq!(plist::parse(b"<plist><dict></dict></plist>").unwrap(), []);
    assert_eq!(plist::parse(b"<plist><array/></plist>").unwrap(), []);
    for odd in [
        "",
        "<plist>",
        "<plist><string>x</string></plist>",
        "<dict><array/></dict>",
        "{}",
    ] {
        assert!(plist::parse(odd.as_bytes()).is_err(), "{odd}");
    }
}

#[test]
fn profiles_are_read_from_ini() {
    let list = ini::parse(
        b"\xef\xbb\xbf; made by hand\r\n\
          lost=before any section\r\n\
          [Profile0]\r\nName=Ada = L\xc3\xbcders\r\nIsRelative=1\r\n  Path = a/b \r\nPath=c\r\n\
          [broken\r\nName=lost\r\n\
          [Install4F96D1932A9F858E]\r\nDefault=c\r\nnonsense\r\n# end",
    )
    .unwrap();
    let names: Vec<_> = list.sections().iter().map(ini::Section::name).collect();
    assert_eq!(names, ["Profile0", "Install4F96D1932A9F858E"]);
    let profile = &list.sections()[0];
    assert_eq!(profile.get("Name"), Some("Ada = Lüders"));
    assert_eq!(profile.get("Path"), Some("c"));
    assert_eq!(profile.get("Default"), None);
    assert_eq!(list.sections()[1].get("Default"), Some("c"));
}

#[test]
fn bytes_that_are_no_text_are_not_ini() {
    assert!(matches!(
        ini::parse(b"[a]\nb=\xff"),
        Err(ini::Error::NotText)
    ));
    assert!(matches!(ini::parse(b"[a]\nb=\0"), Err(ini::Error::NotText)));
}

#[test]
fn names_are_read_from_local_state() {
    let names = local_state::parse(
        br#"{"other": [1, {"profile": 2}], "profile": {"info_cache": {
            "Default": {"name": "Ada", "avatar": {"x": [1]}},
            "Profile 1": {"name": "Work \u00fc"},
            "Profile 2": {"name": 7},
            "Profile 3": 7,
            "../../etc": {"name": "out"}, "..": {"name": "up"}, "": {"name": "none"}
        }}}"#,
    )
    .unwrap();
    let found: Vec<_> = names
        .iter()
        .map(|(folder, name)| (&**folder, &**name))
        .collect();
    assert_eq!(found, [("Default", "Ada"), ("Profile 1", "Work ü")]);
}

#[test]
fn a_local_state_without_profiles_has_none_and_a_damaged_one_says_so() {
    assert!(local_state::parse(b"{}").unwrap().is_empty());
    assert!(
        local_state::parse(br#"{"profile": {}}"#)
            .unwrap()
            .is_empty()
    );
    let deep = "[".repeat(100_000);
    for bad in [
        "",
        "[]x",
        "{\"profile\": 3}",
        "{\"profile\": {\"info_cache\": []}}",
        &deep,
    ] {
        assert!(local_state::parse(bad.as_bytes()).is_err());
    }
}

#[test]
fn a_file_larger_than_any_real_one_is_not_taken_in() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("profiles.ini");
    std::fs::write(&path, "[a]\n".repeat(ini::LARGEST as usize / 4)).unwrap();
    assert!(ini::read(&path).is_ok());
    std::fs::write(&path, "[a]\n".repeat(ini::LARGEST as usize / 4 + 1)).unwrap();
    let error = ini::read(&path).unwrap_err();
    assert!(error.to_string().contains("too large"), "{error}");
}
