//! Templates: what they can say, and what they cannot do.

use super::*;

fn context() -> Context {
    samples().into_iter().next().unwrap()
}

fn body(source: &str, context: &Context) -> Result<String, TemplateError> {
    render("Reminder", source, context).map(|rendered| rendered.body)
}

#[test]
fn every_field_can_be_used() {
    let source = "{{ customer.name }}|{{ customer.number }}|{{ contact.name }}|{{ total }}|{{ currency }}|{{ as_of }}|\
        {{ seller.name }}|{{ seller.enquiries }}|{% for item in items[:1] %}{{ item.number }}|{{ item.issued_on }}|\
        {{ item.due_on }}|{{ item.days_past_due }}|{{ item.open }}{% endfor %}";
    assert_eq!(check(TemplatePart::Body, source), Ok(()));
    let expected = "Example Ltd|C-1|Ada Example|120.00|EUR|1970-01-01|Example Inc|accounts@example.com|\
        INV-2026-00001|1969-08-04|1969-09-03|120|120.00";
    assert_eq!(body(source, &context()).as_deref(), Ok(expected));
}

#[test]
fn text_is_plain() {
    let name = "M&M <\"Söhne\">".to_owned();
    let context = Context { customer: Customer { name: name.clone(), number: String::new() }, ..context() };
    assert_eq!(body("{{ customer.name }}", &context), Ok(name));
}

#[test]
fn a_subject_is_one_line() {
    let customer = Customer { name: "Ada\r\nBcc: x@example.com\u{0}".to_owned(), number: String::new() };
    let rendered = render(" For\n{{ customer.name }} ", "x", &Context { customer, ..context() }).unwrap();
    assert_eq!(rendered.subject, "For Ada Bcc: x@example.com");
}

#[test]
fn a_template_does_not_run_what_stands_in_a_name() {
    let customer = Customer { name: "{{ total }}".to_owned(), number: String::new() };
    assert_eq!(body("{{ customer.name }}", &Context { customer, ..context() }).as_deref(), Ok("{{ total }}"));
}

#[test]
fn what_is_wrong_is_found_when_it_is_written() {
    for source in [
        "{{ customer.nam }}",
        "{{ amount }}",
        "{% if total == \"0\" %}{{ curency }}{% endif %}",
        "{% for item in items %}{{ item.opn }}{% endfor %}",
        "{% for item in items %}{% if item.days_past_due < 0 %}{{ item.opn }}{% endif %}x{% endfor %}",
        "{{ items[0].opn }}",
        "{{ items[5].number }}",
        "{{ total",
        "{% for item in items %}",
        "{{ total | money }}",
        "{{ total + 1 }}",
        "{{ range(10) }}",
        "{{ debug() }}",
        "{% include \"other\" %}",
        "  ",
        "{{ contact.name }}",
    ] {
        assert_eq!(
            check(TemplatePart::Body, source).map_err(|_| TemplateError::REASON),
            Err("TEMPLATE_INVALID"),
            "{source}"
        );
    }
    let error = check(TemplatePart::Subject, "For {{ customer.nam }}").unwrap_err();
    assert_eq!(error.to_string(), "the template of the subject uses customer.nam, which does not exist");
    let error = check(TemplatePart::Body, "one\n{{ total + }}").unwrap_err();
    assert!(error.to_string().ends_with("(in body:2)"), "{error}");
}

#[test]
fn templates_have_bounds() {
    let long = "x".repeat(MAX_SUBJECT_CHARS + 1);
    assert_eq!(check(TemplatePart::Subject, &long), Err(TemplateError::TooLong { part: TemplatePart::Subject }));
    assert_eq!(check(TemplatePart::Body, &long), Ok(()));
}

#[test]
fn labels_round_trip() {
    for part in [TemplatePart::Subject, TemplatePart::Body] {
        assert_eq!(TemplatePart::parse(part.label()), Some(part));
    }
}

/// A number in a template decides neither memory nor time, and its length no depth of the stack.
#[test]
fn what_multiplies_is_refused_before_it_is_compiled() {
    let chain = |term: &str, times: usize| format!("x{{{{ {}1 }}}}", term.repeat(times));
    let elifs = format!("x{{% if total %}}{}{{% endif %}}", "{% elif total %}".repeat(1_000));
    let nested = format!("x{}{}", "{% if total %}".repeat(1_000), "{% endif %}".repeat(1_000));
    let lines = format!("{}x", "\n".repeat(100_000));
    let sources = [
        "x{{ total|indent(1000000000000000) }}",
        "x{% for a in items*100000 %}{% for b in items*100000 %}{% endfor %}{% endfor %}",
        "x{% for a in items %}{% for b in items %}{% endfor %}{% endfor %}",
        "x{{ 'x' * 1000000000000 }}",
        "x{{ total * 100 }}",
        "x{{ total ~ total }}",
        "x{{ total + total }}",
        "x{{ 9 ** 999999999 }}",
        "x{{ total|replace('', total) }}",
        "x{{ items|join(total) }}",
        "x{{ '%1000000000d'|format(1) }}",
        "x{{ total|batch(1) }}",
        "x{{ total[0:1] }}",
        "x{{ total|center(1000000000) }}",
        "x{% set a = total %}",
        "x{% set ns = namespace() %}",
        "x{% with a = total %}{% endwith %}",
        "x{% filter indent(1000000000000) %}a{% endfilter %}",
        "x{% for a in range(1000000000) %}{% endfor %}",
        "x{% for a in [1, 2] %}{% endfor %}",
        "x{% for a in items recursive %}{% endfor %}",
        "x{{ items|length|string|list }}",
        "x{{ total.replace('1', total) }}",
        "x{{ dict(a=1) }}",
        &chain("1 + ", 9_000),
        &chain("(", 9_000),
        &chain("not ", 5_000),
        &elifs,
        &nested,
    ];
    for source in sources {
        let found = check(TemplatePart::Body, source);
        let start: String = source.chars().take(60).collect();
        assert_eq!(found.map_err(|_| TemplateError::REASON), Err("TEMPLATE_INVALID"), "{start}");
    }
    assert_eq!(check(TemplatePart::Body, &lines), Err(TemplateError::TooLong { part: TemplatePart::Body }));
    // What was stored before there was a language is not rendered either.
    let stored = body("x{{ total|indent(1000000000000000) }}", &context()).unwrap_err();
    assert_eq!(
        stored.to_string(),
        "the template of the body uses the filter `indent`, which reminders do not have (in line 1)"
    );
}

#[test]
fn a_rendering_has_bounds_of_its_own() {
    let items = vec![context().items[0].clone(); 30_000];
    let many = Context { items, ..context() };
    let source = "{% for item in items %}{{ item.number }}{% endfor %}";
    assert_eq!(body(source, &many).map(|body| body.len()), Ok(30_000 * 14));
    let loud = format!("{{% for item in items %}}{}{{{{ total }}}}{{% endfor %}}", "x".repeat(1_000));
    assert!(matches!(body(&loud, &many), Err(TemplateError::Invalid { .. })));
    let busy = format!("x{{% for item in items %}}{}{{% endfor %}}", "{% if item.open %}{% endif %}".repeat(600));
    assert_eq!(check(TemplatePart::Body, &busy), Ok(()));
    let error = body(&busy, &many).unwrap_err();
    assert!(error.to_string().contains("fuel"), "{error}");
}

#[test]
fn what_is_not_text_is_not_printed() {
    for source in ["{{ customer }}", "{{ seller }}", "{{ contact or customer }}", "{{ items }}", "{{ items[0] }}"] {
        let error = check(TemplatePart::Body, source).unwrap_err();
        assert!(matches!(error, TemplateError::NotAllowed { .. }), "{source}: {error}");
    }
    let looped = "{% for item in items %}{{ item }}{{ loop }}{% endfor %}";
    assert!(matches!(check(TemplatePart::Body, looped), Err(TemplateError::NotAllowed { .. })));
}

#[test]
fn the_language_is_enough_for_letters() {
    let source = "Dear {{ contact.name|title or customer.name }}{% if customer.number %} ({{ customer.number|upper }}){% endif %},\n\
        {% if items|length > 5 and 'Ltd' in customer.name %}many{% elif not items %}none{% else %}few{% endif %}\n\
        {% for item in items[:3] if item.days_past_due > 0 %}{{ loop.index }}. {{ item.number }} \
        {{ 'today' if item.days_past_due - 1 == 0 else item.days_past_due }}{% if not loop.last %}, {% endif %}{% else %}-{% endfor %}\n\
        {{ seller.enquiries|default('us') }} {{ items[0].due_on }}";
    let expected = "Dear Ada Example (C-1),\nmany\n1. INV-2026-00001 120, 2. INV-2026-00001 61, 3. INV-2026-00001 31\n\
        accounts@example.com 1969-09-03";
    assert_eq!(check(TemplatePart::Body, source), Ok(()));
    assert_eq!(body(source, &context()).as_deref(), Ok(expected));
}
