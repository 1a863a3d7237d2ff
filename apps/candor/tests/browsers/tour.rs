//! The tour: pages that lead on in every way a browser knows, and the way through them.

use fixture::browsers::{Answer, Drive, Request, Server};

/// A host that is on the starter list: it exists to test protection.
pub(crate) const LISTED: &str = "malware.testing.google.test";

pub(crate) fn server() -> Server {
    Server::start(answer)
}

/// Takes a browser through the tour. It has been taken when this returns; whether the browser has
/// written it down is another question.
pub(crate) fn take(browser: &mut impl Drive, server: &Server) {
    let before = |path: &str| server.count(path) + 1;
    let go = |browser: &mut dyn Drive, host: &str, path: &str| {
        let arrived = format!("/arrived{path}");
        let count = before(&arrived);
        browser.go(&server.url(host, path));
        server.wait_for(&arrived, count);
    };
    let click = |browser: &mut dyn Drive, link: &str, last: &str| {
        let count = before(last);
        browser.click(link);
        server.wait_for(last, count);
    };
    // Redirects by the server.
    go(browser, "site.localhost", "/start");
    click(browser, "#on", "/arrived/landing");
    // Redirects by the page.
    let pushed = before("/arrived/pushed");
    browser.go(&server.url("site.localhost", "/meta"));
    server.wait_for("/arrived/pushed", pushed);
    // A redirect to a host that is on a list.
    go(browser, "site.localhost", "/lure");
    click(browser, "#on", "/arrived/offer");
    // A download through four hosts, one without redirects, and a page in a new tab.
    go(browser, "site.localhost", "/opener");
    click(browser, "#ad", "/payload.zip");
    click(browser, "#direct", "/direct.bin");
    click(browser, "#tab", "/arrived/tab");
}

/// Visits one page that is not on the tour.
pub(crate) fn visit(browser: &mut impl Drive, server: &Server, path: &str) {
    let arrived = format!("/arrived{path}");
    let count = server.count(&arrived) + 1;
    browser.go(&server.url("site.localhost", path));
    server.wait_for(&arrived, count);
}

/// Opens a page that leads to the next one after a tenth of a second, and so on without end:
/// `/race/NAME/1`, `/race/NAME/2`…
pub(crate) fn race(browser: &mut dyn Drive, server: &Server, name: &str) {
    browser.go(&server.url("site.localhost", &format!("/race/{name}/1")));
}

fn answer(request: &Request, port: u16) -> Answer {
    let link = |to: &str| format!("<a id=on href={to}>on</a>");
    let at = |host: &str, path: &str| format!("http://{host}:{port}{path}");
    match request.path.as_str() {
        "/start" => Answer::page("Start", &link("/r301")),
        "/r301" => Answer::Redirect(301, "/r302".into()),
        "/r302" => Answer::Redirect(302, "/r307".into()),
        "/r307" => Answer::Redirect(307, "/landing".into()),
        "/landing" => Answer::page("Landing", ""),
        "/meta" => Answer::page("Meta", "<meta http-equiv=refresh content='0;url=/href'>"),
        "/href" => Answer::page("Href", "<script>location.href='/replace'</script>"),
        "/replace" => Answer::page("Replace", "<script>location.replace('/push')</script>"),
        "/push" => Answer::page(
            "Push",
            "<script>onload=()=>history.pushState({}, '', '/pushed')</script>",
        ),
        "/lure" => Answer::page("Lure", &link("/hop")),
        "/hop" => Answer::Redirect(302, at(LISTED, "/offer")),
        "/offer" => Answer::page("Offer", ""),
        "/opener" => Answer::page(
            "Opener",
            &format!(
                "<a id=ad href={}>ad</a> <a id=direct href=/direct.bin>direct</a> \
                 <a id=tab href=/tab target=_blank>tab</a>",
                at("ads.localhost", "/ad1")
            ),
        ),
        "/ad1" => Answer::Redirect(302, at("127.0.0.1", "/ad2")),
        "/ad2" => Answer::Redirect(302, at("tracker.localhost", "/ad3")),
        "/ad3" => Answer::Redirect(302, at("evil.localhost", "/payload.zip")),
        "/payload.zip" => Answer::File(vec![7; 5000]),
        "/direct.bin" => Answer::File(vec![8; 300]),
        "/tab" => Answer::page("Tab", ""),
        "/second" => Answer::page("Second", ""),
        path => race_page(path),
    }
}

fn race_page(path: &str) -> Answer {
    let name_and_number = path
        .strip_prefix("/race/")
        .and_then(|it| it.split_once('/'));
    let Some((name, number)) = name_and_number else {
        return Answer::NotFound;
    };
    let Ok(number) = number.parse::<u64>() else {
        return Answer::NotFound;
    };
    let next = number + 1;
    let on = format!("<script>setTimeout(()=>location.href='/race/{name}/{next}',100)</script>");
    Answer::page(&format!("Race {number}"), &on)
}
