//! The costs of a flood, as docs/operations/costs.md and SECURITY.md state them: with the templates' defaults and the
//! page's prices.

use local::template::Template;
use serde_yaml_ng::Value;

use crate::pages::{number, rows};

const SECURITY: &str = include_str!("../SECURITY.md");
const COSTS: &str = include_str!("../docs/operations/costs.md");
const DAY: u32 = 86_400;

/// A parameter's default.
fn default(parameter: &str) -> u32 {
    let template = Template::of_project().unwrap();
    template.parameter(parameter).unwrap()["Default"].as_u64().unwrap().try_into().unwrap()
}

fn in_dollars(amount: f64) -> String {
    let cents = format!("{amount:.2}");
    let (whole, fraction) = cents.split_once('.').unwrap();
    let thousands = whole.as_bytes().rchunks(3).rev().map(|digits| std::str::from_utf8(digits).unwrap());
    format!("{}.{fraction}", thousands.collect::<Vec<_>>().join(","))
}

/// The number of routes for each row of the table.
fn routes() -> [usize; 8] {
    let template = Template::of_project().unwrap();
    let routes = template.api(&template.parameters()).unwrap().routes;
    let is_document = |path: &str| path.starts_with("/.well-known/");
    let preflights = routes.iter().filter(|r| r.method == "OPTIONS" && !is_document(&r.path)).count();
    let open = |is_it: &dyn Fn(&str, &str) -> bool| {
        let routes = routes.iter().filter(|route| !route.is_protected && is_it(&route.method, &route.path));
        routes.filter(|route| is_document(&route.path) || route.method != "OPTIONS").count()
    };
    // These forms, the requests for a mail and the uses of one have the rate of logins. Other pages only take a click.
    let is_form = |method: &str, path: &str| method == "POST" && ["/authorize", "/account"].contains(&path);
    let is_of_mails = |method: &str, path: &str| {
        let endpoints =
            ["/signup", "/signup/confirm", "/forgot", "/reset", "/resend", "/email/confirm", "/email/undo"];
        method == "POST" && (endpoints.contains(&path) || path.starts_with("/account/"))
    };
    let is_page = |path: &str| {
        ["/authorize", "/account", "/end-session"].contains(&path) || path.starts_with("/account/")
    };
    let protected = routes.iter().filter(|route| route.is_protected).count();
    let counts = [
        open(&|_, path| path == "/login"),
        open(&is_form),
        open(&is_of_mails),
        open(&|_, path| ["/refresh", "/logout", "/token"].contains(&path)),
        open(&|method, path| is_page(path) && !is_form(method, path) && !is_of_mails(method, path)),
        open(&|_, path| is_document(path)),
        protected,
        preflights,
    ];
    assert_eq!(counts.iter().sum::<usize>(), routes.len(), "every route is in a row");
    counts
}

/// The total cost of a million of these requests, behind a REST API and an HTTP API.
fn price(request: &str) -> [f64; 2] {
    // A REST API calls a function, which reads nothing. An HTTP API answers itself.
    if request == "a preflight" {
        return [price("refresh, junk or foreign token")[0], 1.00];
    }
    let row = rows("a million of").into_iter().find(|row| row[0] == request);
    let row = row.unwrap_or_else(|| panic!("costs.md has no price of {request}"));
    [row[6], row[7]].map(|cell| number(cell.trim_matches('*')))
}

#[test]
fn the_most_that_a_flood_costs_is_its_requests_by_their_price() {
    let table = rows("a flood of");
    let (all, table) = table.split_last().unwrap();
    let rates = [default("LoginRate"), default("RequestRate")];
    let mut sums = [0.0, 0.0];
    for (index, (row, routes)) in table.iter().zip(routes()).enumerate() {
        assert_eq!(number::<usize>(row[1]), routes, "{}", row[0]);
        for (kind, price) in price(row[2]).into_iter().enumerate() {
            assert_eq!(row[3 + 2 * kind], format!("{price:.2}"), "{}", row[0]);
            let day = f64::from(u32::try_from(routes).unwrap())
                * f64::from(rates[usize::from(index > 2)] * DAY)
                * price
                / 1e6;
            assert_eq!(row[4 + 2 * kind], in_dollars(day), "{}", row[0]);
            sums[kind] += day;
        }
    }
    assert_eq!(table.len(), routes().len());
    assert_eq!(number::<usize>(all[1]), routes().iter().sum::<usize>());
    assert_eq!([all[4], all[6]], sums.map(in_dollars).each_ref().map(String::as_str));

    let login = format!("500 × 86,400 × {} USD a million = {} USD a day", table[0][3], table[0][4]);
    let ends = [format!("{} USD a day", in_dollars(sums[0])), format!("{} USD a day", in_dollars(sums[1]))];
    for sentence in ends.iter().chain([&login]) {
        assert!(SECURITY.contains(sentence), "{sentence}");
    }
    assert_eq!(rates, [500; 2], "the pages say 500");
}

#[test]
fn the_firewall_limits_are_those_of_the_pages() {
    let template: Value = serde_yaml_ng::from_str(include_str!("../template.yaml")).unwrap();
    let rules = &template["Resources"]["Firewall"]["Properties"]["Rules"];
    for rule in rules.as_sequence().unwrap() {
        assert_eq!(rule["Statement"]["RateBasedStatement"]["EvaluationWindowSec"], 300);
    }
    assert_eq!(default("WafRequests"), 0, "it costs money: whoever wants it turns it on");
    let (logins, requests) = (default("WafLogins"), 2000);
    let windows = DAY / 300;
    let [dearest, _] = price("login, wrong password");
    let passed = rows("one address");
    for (row, limit) in passed.iter().zip([logins, requests]) {
        assert_eq!(number::<u32>(row[1]), windows * limit, "{}", row[0]);
        assert_eq!(row[2], in_dollars(f64::from(windows * limit) * dearest / 1e6), "{}", row[0]);
    }
    assert_eq!(passed[2][2], in_dollars(7.0 * 12.0 / 365.0));
    let flood = default("LoginRate") * DAY;
    assert_eq!([number::<u32>(passed[3][1]), number(passed[4][1])], [flood; 2]);
    assert_eq!(
        [passed[3][2], passed[4][2]],
        [0.60, 3.50].map(|usd| in_dollars(f64::from(flood) * usd / 1e6)).each_ref().map(String::as_str)
    );

    for (rate, limit) in [("LoginRate", logins), ("RequestRate", requests)] {
        let addresses = in_dollars(f64::from((default(rate) * 300).div_ceil(limit)));
        let addresses = addresses.trim_end_matches(".00");
        assert!(SECURITY.contains(&format!("| {addresses} addresses")), "{addresses}");
    }
    let execution = 1769.0 / 1024.0 * f64::from(DAY) * 0.000_013_333_4;
    for page in [SECURITY, COSTS] {
        assert!(
            page.contains(&format!("{execution:.2} USD a day"))
                || page.contains(&format!("{execution:.2} a day"))
        );
    }
}
