use super::*;

/// Reads a text and returns each entry in short, and the odd lines by reason.
fn read_text(form: Form, shape: &Shape, name: &str, text: &[u8]) -> (Vec<String>, Vec<(Odd, u64)>) {
    let mut all = Vec::new();
    let tally = read(form, shape, name, &mut { text }, &mut |said| {
        all.push(match said {
            Said::Listed {
                subject,
                family,
                since,
            } => {
                let kind = match subject {
                    Subject::Host(_) => "host",
                    Subject::Page(_) => "page",
                };
                let beside = [family, since].into_iter().flatten();
                let words: Vec<&str> = [kind, subject.text()].into_iter().chain(beside).collect();
                words.join(" ")
            }
            Said::Excepted(host) => format!("not {host}"),
        });
    });
    let tally = tally.unwrap();
    assert_eq!(tally.entries, all.len() as u64);
    let odd = tally.odd.into_iter().map(|(why, (count, _))| (why, count));
    (all, odd.collect())
}

fn plain(form: Form, text: &str) -> (Vec<String>, Vec<(Odd, u64)>) {
    read_text(form, &Shape::default(), "family.txt", text.as_bytes())
}

#[test]
fn hosts_files_name_hosts_behind_an_address() {
    let text = "\u{feff}# remark\n127.0.0.1 localhost\n::1 ip6-localhost\n\n0.0.0.0 a.example b.example # why\r\n\
                0.0.0.0\tc.example\n0.0.0.0 d.example/path\ne.example\nnot a hosts line\n0.0.0.0 last.example";
    let (all, odd) = plain(Form::Hosts, text);
    let names = ["a", "b", "c", "e", "last"].map(|it| format!("host {it}.example"));
    assert_eq!(all, names);
    assert_eq!(odd, [(Odd::NotOfThisForm, 2)]);
}

#[test]
fn domains_urls_and_addresses_stand_one_a_line() {
    let (all, odd) = plain(
        Form::Domains,
        "a.example\n*.b.example ; x\n! remark\n.c.example\nx*y.example\na b\n",
    );
    assert_eq!(all, ["host a.example", "host .c.example"]);
    assert_eq!(odd, [(Odd::NotOfThisForm, 2), (Odd::Pattern, 1)]);

    let (all, odd) = plain(
        Form::Urls,
        "# x\nhttp://a.example/p?q#r\nFTP://b.example/\nc.example/p\ngopher://d/\n",
    );
    assert_eq!(
        all,
        ["page http://a.example/p?q#r", "page FTP://b.example/"]
    );
    assert_eq!(odd, [(Odd::NotOfThisForm, 2)]);

    let text = "203.0.113.7\n203.0.113.8:8080\n203.0.113.0/24\n[2001:db8::1]:80\n2001:db8::2\nx\n203.0.113.9,2026\n";
    let (all, odd) = plain(Form::Ips, text);
    let expected = [
        "203.0.113.7",
        "203.0.113.8",
        "[2001:db8::1]",
        "[2001:db8::2]",
        "203.0.113.9",
    ];
    assert_eq!(all, expected.map(|it| format!("host {it}")));
    assert_eq!(odd, [(Odd::NotOfThisForm, 1), (Odd::Network, 1)]);
}

#[test]
fn of_filter_rules_only_those_about_pages_count() {
    let text = "[Adblock Plus 2.0]\n! remark\n||a.example^\n||b.example^$document,important\n||c.example^$third-party\n\
                ||d.example/path/x.html\n||e.example/*.js\n@@||f.example^\n##.banner\n/ads/\ng.example##div\n";
    let (all, odd) = plain(Form::Adblock, text);
    let expected = [
        "host a.example",
        "host b.example",
        "page d.example/path/x.html",
        "not f.example",
    ];
    assert_eq!(all, expected);
    assert_eq!(odd, [(Odd::Pattern, 1), (Odd::OtherRule, 4)]);
}

#[test]
fn columns_are_found_by_name_or_number() {
    let shape = Shape {
        column: Some("url".into()),
        family_column: Some("threat".into()),
        date_column: Some("dateadded".into()),
        ..Shape::default()
    };
    // As URLhaus writes it: names in a remark, quotes, a comma and a quote in a field.
    let text = b"# a remark, with a comma\n# id,dateadded,url,threat\n\"1\",\"2026-11-02 10:00\",\"http://a.example/x,y\",\"a \"\"b\"\"\"\n\
                 \"2\",\"soon\",\"b.example\",\"\"\n\"3\",\"open\n\"4\",\"2026-11-03\",\"\",\"x\"\n";
    let (all, odd) = read_text(Form::Csv, &shape, "x.csv", text);
    assert_eq!(
        all,
        [
            "page http://a.example/x,y a \"b\" 2026-11-02",
            "host b.example"
        ]
    );
    assert_eq!(odd, [(Odd::NotOfThisForm, 2)]);

    let shape = Shape {
        column: Some("2".into()),
        separator: Some(';'),
        ..Shape::default()
    };
    let (all, _) = read_text(Form::Csv, &shape, "x.csv", b"1;a.example\n2;b.example\n");
    assert_eq!(all, ["host a.example", "host b.example"]);

    let shape = Shape {
        column: Some("host".into()),
        ..Shape::default()
    };
    let error = read(Form::Csv, &shape, "x", &mut &b"a,b\nc,d\n"[..], &mut |_| {}).unwrap_err();
    assert_eq!(error.to_string(), "no row names a column `host`");
}

#[test]
fn arrays_of_an_object_are_read_and_the_rest_is_passed_over() {
    let shape = Shape {
        fields: vec!["deny".into(), "blacklist".into()],
        except_fields: vec!["allow".into()],
        ..Shape::default()
    };
    let text = br#"{"version": 2, "deep": [[{"deny": ["x.example"]}]], "allow": ["a.example"], "tolerance": 1,
        "deny": ["b.example", "https://c.example/p", "two words", "b\u00fccher.example"], "fuzzylist": ["d.example"]}"#;
    let (all, odd) = read_text(Form::Json, &shape, "x.json", text);
    let expected = [
        "not a.example",
        "host b.example",
        "page https://c.example/p",
        "host b\u{fc}cher.example",
    ];
    assert_eq!(all, expected);
    assert_eq!(odd, [(Odd::NotOfThisForm, 1)]);
    for (text, words) in [
        (&b"{}"[..], "it has no array `deny`, `blacklist`"),
        (b"[1]", "invalid type"),
        (b"{\"deny\": [1]}", "invalid type"),
        (b"{\"deny\": [\"a\"", "EOF"),
    ] {
        let error = read(Form::Json, &shape, "x", &mut { text }, &mut |_| {}).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
}

const TRAIL: &str = "# reference: x\na.example\n203.0.113.7:8080\nb.example:443\nc.example/gate.php # why\n\
                     [2001:db8::1]:80\n/only/path\n203.0.113.0/24\n(a|b).example\nhttp://d.example/\n";

#[test]
fn trails_mix_hosts_addresses_and_pages() {
    let (all, odd) = plain(Form::Maltrail, TRAIL);
    let expected = [
        "host a.example",
        "host 203.0.113.7",
        "host b.example",
        "page c.example/gate.php",
        "host [2001:db8::1]",
        "page d.example/",
    ];
    let all: Vec<_> = all
        .iter()
        .map(|it| it.strip_suffix(" family").unwrap_or(it))
        .collect();
    // What an address in brackets belongs to is its file's family as well.
    assert_eq!(all, expected);
    assert_eq!(odd, [(Odd::Pattern, 2), (Odd::Network, 1)]);
}

/// Puts a file into a tar.
fn archived(tar: &mut Vec<u8>, name: &str, text: &[u8]) {
    let mut head = [0; 512];
    head[..name.len()].copy_from_slice(name.as_bytes());
    head[124..135].copy_from_slice(format!("{:011o}", text.len()).as_bytes());
    head[148..156].fill(b' ');
    head[156] = b'0';
    let sum: u64 = head.iter().map(|byte| u64::from(*byte)).sum();
    head[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    tar.extend(head);
    tar.extend(text);
    tar.resize(tar.len().next_multiple_of(512), 0);
}

#[test]
fn a_tar_is_read_file_by_file_and_providers_are_left_out() {
    let mut tar = Vec::new();
    // Without a line end: two entries must not become one.
    archived(&mut tar, "maltrail/malware/one.txt", b"a.example");
    archived(
        &mut tar,
        "maltrail/suspicious/dynamic.txt",
        b"duckdns.org\n",
    );
    archived(&mut tar, "maltrail/malicious/two.txt", b"b.example\n");
    archived(&mut tar, "maltrail/malware/README", b"c.example\n");
    tar.extend([0; 1024]);
    let (all, _) = read_text(Form::Maltrail, &Shape::default(), "x.tar", &tar);
    assert_eq!(all, ["host a.example one", "host b.example two"]);
    // Cut off in a file, what was there is read; what is no tar is said.
    let (all, _) = read_text(Form::Maltrail, &Shape::default(), "x.tar", &tar[..520]);
    assert_eq!(all, ["host a.exampl one"]);
    let no_tar = [b'x'; 1024];
    let error = read(
        Form::Maltrail,
        &Shape::default(),
        "x.tar",
        &mut &no_tar[..],
        &mut |_| {},
    );
    assert_eq!(error.unwrap_err().to_string(), "not a tar");
}

#[test]
fn long_lines_and_bytes_that_are_no_text_are_counted_by_number() {
    let mut text = b"a.example\n".to_vec();
    text.extend([b'x'; 40_000]);
    text.extend(b"\n\xff\xfe.example\nb.example\n");
    text.extend([b'y'; 20_000]);
    let tally = read(
        Form::Domains,
        &Shape::default(),
        "",
        &mut &text[..],
        &mut |_| {},
    )
    .unwrap();
    assert_eq!((tally.lines, tally.entries), (5, 2));
    assert_eq!(tally.odd[&Odd::TooLong], (2, vec![2, 5]));
    assert_eq!(tally.odd[&Odd::NotText], (1, vec![3]));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(500))]
    #[test]
    fn any_bytes_are_read_to_their_end(bytes: Vec<u8>) {
        fuzz(&bytes);
    }

    #[test]
    fn what_looks_like_a_list_is_read_to_its_end(text in "([|@#!\\[\\]{}\":,/.0-9a-c $^*\\n-]|deny){0,80}") {
        fuzz(text.as_bytes());
    }
}

#[test]
fn changed_bytes_of_real_forms_are_read_to_their_end() {
    let mut tar = Vec::new();
    archived(&mut tar, "maltrail/malware/one.txt", TRAIL.as_bytes());
    let seeds = [
        TRAIL.as_bytes(),
        b"# id,date,url\n\"1\",\"2026-11-02\",\"http://a.example/x\"\n",
        br#"{"deny": ["a.example", "b.example"], "allow": []}"#,
        b"||a.example^$document\n@@||b.example^\n",
        &tar,
    ];
    let mut random = fixture::Content::new(3);
    let mut next = || random.below(1 << 32) as usize;
    for round in 0..4_000 {
        let mut bytes = seeds[round % seeds.len()].to_vec();
        for _ in 0..=next() % 4 {
            let at = next() % bytes.len();
            bytes[at] = next() as u8;
        }
        bytes.truncate(1 + next() % bytes.len());
        fuzz(&bytes);
    }
}
