use super::*;
use crate::sample;

fn style(width: usize) -> Style {
    Style {
        width,
        colour: false,
        zone: Zone::utc(),
    }
}

#[test]
fn a_checkup_at_80_columns() {
    insta::assert_snapshot!(terminal(&sample::checkup(), &style(80)), @r#"
    Candor checkup                                           2026-11-23 20:48:56 UTC
    This Linux machine, home /home/ada

    Found: 1 to act on, 1 to look at, 1 note. 9 places could not be looked at.

    Disk map
    ────────
      203,411 files in 18,204 folders take 16.6 GiB; deleting all of them would free
      16.1 GiB.

      Largest folders
      ████████████  16.6 GiB  100 %  ~
      ████▌          6.2 GiB   38 %    Videos
      ██             2.8 GiB   17 %      2017
      █▎             1.8 GiB   11 %      2018
      ▋            900.0 MiB    5 %      2019 summer on the island with everybody
      ▎            410.0 MiB    2 %      2020
      ██▉            4.0 GiB   24 %    code
      ██▎            3.0 GiB   18 %      target
      █▊             2.4 GiB   15 %        debug
      ▍            500.0 MiB    3 %        release
      ▌            720.0 MiB    4 %      node_modules
      █▌             2.1 GiB   12 %    .cache
      ▉              1.2 GiB    7 %      chromium
      ▍            610.0 MiB    4 %      thumbnails
      █▍             1.9 GiB   11 %    Pictures
      █              1.5 GiB    9 %      写真
      ▋            800.0 MiB    5 %    Downloads
      ▎            300.0 MiB    2 %    <script>alert('x')</sc…[31m\u{202e}"&\u{9b}2J
                                       and 14 more

      Largest files
      File                                      Size      Frees  Last changed (UTC)
      ~/Videos/2019 sum… long evening.mov  903.0 MiB  903.0 MiB  2019-09-01 10:30:00
      ~/Downloads/b\xff\xfe.iso            700.0 MiB        0 B  2026-01-02 06:03:20
      and 184 more

      “Frees” leaves out what other files share: hard links, reflinks, holes.

    Junk
    ────
      1.8 GiB in 2 kinds. Nothing is removed by this preview.

      look  Thumbnails of pictures that are gone · 610.0 MiB
            ~/.cache/thumbnails
            8,120 small pictures whose originals no longer exist, the oldest 1,204
            days old.
            Remove them. File managers make new ones for pictures that exist.

      note  Chromium's cache · 1.2 GiB
            ~/.cache/chromium/Default/Cache
            12,031 files that Chromium makes again when it needs them.
            Removing it frees the space; pages load slower once.

      By kind
      Chromium's cache            █████████████▎······  1.2 GiB, 66 %
      Thumbnails of deleted pic…  ██████▊·············  610.0 MiB, 34 %
      Broken                      ····················  unknown

    Duplicates
    ──────────
      40 groups of equal files. Keeping one of each frees 2.4 GiB.

      Groups of equal files
           Size    Frees
      903.0 MiB  1.8 GiB
        ~/Videos/2019/MVI_0042.mov
        ~/Downloads/MVI_0042 (1).mov
        ~/Downloads/MVI_0042.mov
        4.0 MiB  4.0 MiB
        ~/Pictures/写真/桜.jpg
        ~/<script>alert('x')</script>\u{1b}[31m\u{202e}"&\u{9b}2J
      and 38 more

    Browsers
    ────────
      2 browsers with 2 profiles. 61 visits and 2 downloads in the last 24 hours; 1
      of them is on a list.

      act   A download from evil.example · 17.6 KiB
            ~/Downloads/payload.zip
            evil.example is on “Starter” since 2026-10-02. It was reached by 2
            redirects from shop.example.
            Do not open the file. Move it to the trash.

      Visits and downloads of the last 24 hours
      Time (UTC)           Browser               Verdict
      2026-11-23 20:47:56  Chromium, Default     act: on “Starter” since 2026-10-02
        typed: https://shop.example/sale
        → link: https://ads.example/click?id=91823
          → 302: https://tracker.example/r?to=https%3A%2F%2Fev…a167a5a36dedd4bea2543
            → act: https://evil.example/payload.zip
      2026-11-23 19:42:16  Firefox, default-esr  not on any of 3 lists dated
                                                 2026-11-20
        link:
        https://host.example/<script>alert('x')</script>\u{1b}[31m\u{202e}"&\u{9b}2J

      Private windows leave no history. The newest 10 seconds may not be written
      yet.

    Battery
    ───────
      99 % charged, charging. It holds 105 % of what it was designed for.

      Charge and health
      Charge  ███████████████████▊  49.5 of 50.1 Wh
      Health  ████████████████████  105 % of 47.5 Wh as designed

      Where the figures come from
      What    Value           Age  Read from
      Full    50.1 Wh       1 day  /sys/class/power_supply/BAT0/energy_full
      Cycles  not reported

    Not looked at
    ─────────────
      7 places: not readable for this user
        What helps: run as the owner of this file, or give Candor access to it.
        ~/secret/1
        ~/secret/2
        ~/secret/3
        ~/secret/4
        ~/secret/5
        and 2 more

      1 place: damaged or not what it seems
        ~/.config/vivaldi/Default/History
          the header is not SQLite's

      1 place: the system gave an error
        ~/<script>alert('x')</script>\u{1b}[31m\u{202e}"&\u{9b}2J
          Input/output error (os error 5)

    How this was made
    ─────────────────
      It took 4.2 s, with Candor 0.1.0.
      Files were read inside a sandbox: Landlock (ABI 6) and seccomp.
      What left this machine: nothing.
    "#);
}

#[test]
fn a_narrow_terminal_stacks_fields() {
    let report = sample::single("history", sample::history());
    insta::assert_snapshot!(terminal(&report, &style(34)), @r#"
    Candor: Browsers
    2026-11-23 20:48:56 UTC
    This Linux machine, home /home/ada

    Found: 1 to act on. 2 places could
    not be looked at.

    Browsers
    ────────
      2 browsers with 2 profiles. 61
      visits and 2 downloads in the
      last 24 hours; 1 of them is on a
      list.

      act   A download from
            evil.example · 17.6 KiB
            ~/Downloads/payload.zip
            evil.example is on
            “Starter” since
            2026-10-02. It was reached
            by 2 redirects from
            shop.example.
            Do not open the file. Move
            it to the trash.

      Visits and downloads of the las…
      Time (UTC): 2026-11-23 20:47:56
      Browser: Chromium, Default
      Verdict:
      act: on “Starter” since
      2026-10-02
        typed:
        https://shop.example/sale
        → link: https://ads.example
          /click?id=91823
          → 302:
            https://tracker.example
            /r?to=https%3…dedd4bea2543
            → act:
              https://evil.example
              /payload.zip

      Time (UTC): 2026-11-23 19:42:16
      Browser: Firefox, default-esr
      Verdict:
      not on any of 3 lists dated
      2026-11-20
        link: https://host.example
        /<script>alert(…02e}"&\u{9b}2J

      Private windows leave no
      history. The newest 10 seconds
      may not be written yet.

    Not looked at
    ─────────────
      1 place: damaged or not what it
      seems
        ~/.config/vival…efault/History
          the header is not SQLite's

      1 place: the system gave an
      error
        ~/<script>alert…02e}"&\u{9b}2J
          Input/output error (os error
          5)

    How this was made
    ─────────────────
      It took 4.2 s, with Candor
      0.1.0.
      Files were read inside a
      sandbox: Landlock (ABI 6) and
      seccomp.
      What left this machine: nothing.
    "#);
}

#[test]
fn nothing_found_is_said_in_those_words() {
    insta::assert_snapshot!(terminal(&sample::empty(), &style(80)), @r#"
    Candor checkup                                           2026-11-23 20:48:56 UTC
    This Linux machine, home /home/ada

    Nothing found in what was looked at.

    Duplicates
    ──────────
      Nothing found in what was looked at.

    Not looked at
    ─────────────
      Nothing was skipped.

    How this was made
    ─────────────────
      It took 4.2 s, with Candor 0.1.0.
      Files were read inside a sandbox: Landlock (ABI 6) and seccomp.
      What left this machine: nothing.
    "#);
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in NARROWEST..160 {
        for line in terminal(&sample::checkup(), &style(width)).lines() {
            assert!(columns(line) <= width, "{width}: {line:?}");
        }
    }
}

#[test]
fn names_cannot_act_on_the_terminal() {
    let text = terminal(&sample::checkup(), &style(200));
    let acts = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert_eq!(text.chars().find(|c| acts(*c)), None);
    assert!(
        text.contains(r"\u{1b}[31m\u{202e}"),
        "the name is shown, escaped"
    );
}

#[test]
fn colour_adds_nothing_but_colour() {
    let plain = terminal(&sample::checkup(), &style(80));
    let coloured = terminal(
        &sample::checkup(),
        &Style {
            colour: true,
            ..style(80)
        },
    );
    assert!(coloured.contains("\x1b[1;31mact \x1b[0m"));
    let mut bare = String::new();
    for (n, piece) in coloured.split('\x1b').enumerate() {
        bare.push_str(if n == 0 {
            piece
        } else {
            piece.split_once('m').unwrap().1
        });
    }
    let trimmed = |text: &str| {
        text.lines()
            .map(|line| line.trim_end().to_owned() + "\n")
            .collect::<String>()
    };
    assert_eq!(trimmed(&bare), trimmed(&plain));
}
