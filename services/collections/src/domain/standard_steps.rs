//! The default reminders: five levels from polite to firm. None of them threatens, and none mentions earlier
//! messages, because an item may reach a late level first.

use super::step::Step;

const GREETING: &str = "Dear {{ contact.name or customer.name }},\n\n";

const ITEMS: &str = "\n\n{% for item in items %}\
- {{ item.number }} of {{ item.issued_on }}, due on {{ item.due_on }}: {{ item.open }} {{ currency }}\
{% if item.days_past_due > 0 %} ({{ item.days_past_due }} {{ 'day' if item.days_past_due == 1 else 'days' }} past due)\
{% endif %}
{% endfor %}
Total: {{ total }} {{ currency }}
{% if customer.number %}Your customer number: {{ customer.number }}
{% endif %}
";

const CLOSING: &str = "{% if seller.enquiries %}

Questions about this message reach us here: {{ seller.enquiries }}\
{% endif %}

Kind regards
{{ seller.name }}
";

/// The standard levels: 3 days before the due date, and 1, 8, 31 and 61 days after it.
pub(crate) fn standard_steps() -> Vec<Step> {
    vec![
        step(
            -3,
            "upcoming payment",
            "Payment of {{ total }} {{ currency }} due soon",
            "this is a short note to help you plan. The following payment is coming up:",
            "If you have already arranged it, there is nothing more to do. Thank you for your business.",
        ),
        step(
            1,
            "friendly reminder",
            "Friendly reminder: {{ total }} {{ currency }} past due",
            "perhaps this has slipped your attention. As of {{ as_of }} we have not yet received payment for the following:",
            "We would be grateful for your payment within the next few days. If it is already on its way, please \
            disregard this message, with our thanks.",
        ),
        step(
            8,
            "second reminder",
            "Reminder: {{ total }} {{ currency }} is more than a week past due",
            "our records of {{ as_of }} show that the following is still open:",
            "Please arrange payment this week, and quote the document numbers with it so that we can assign it at once. \
            If something about these documents is not right, please tell us, and we will look into it.",
        ),
        step(
            31,
            "urgent reminder",
            "Urgent: {{ total }} {{ currency }} is more than a month past due",
            "as of {{ as_of }} the following remains unpaid, some of it for more than a month:",
            "Please pay the total within seven days. If you cannot pay all of it now, or disagree with any part of it, \
            please contact us within that time so that we can find a solution together.",
        ),
        step(
            61,
            "final reminder",
            "Final reminder: {{ total }} {{ currency }} is more than two months past due",
            "as of {{ as_of }} the following remains unpaid, some of it for more than two months:",
            "This is the last reminder that we send in this matter. We ask you to pay the total within seven days, or to \
            tell us within that time what stands in the way of payment.",
        ),
    ]
}

fn step(offset_days: i32, name: &str, subject: &str, opening: &str, request: &str) -> Step {
    Step {
        offset_days,
        name: name.to_owned(),
        subject_template: subject.to_owned(),
        body_template: format!("{GREETING}{opening}{ITEMS}{request}{CLOSING}"),
    }
}
