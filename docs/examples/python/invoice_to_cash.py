"""From a customer to a paid invoice: every call of it can be repeated, and sees what the calls before it wrote."""

import os
import sys
import uuid

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from quittance.common.v1 import money_pb2, view_pb2
from quittance.invoicing.v1 import (
    customer_service_pb2,
    customer_service_pb2_grpc,
    invoice_service_pb2,
    invoice_service_pb2_grpc,
    tenant_service_pb2,
    tenant_service_pb2_grpc,
)
from quittance.payments.v1 import payment_service_pb2, payment_service_pb2_grpc
from quittance.reporting.v1 import report_service_pb2, report_service_pb2_grpc

TIMEOUT_S = 30


class Quittance:
    """Calls with token and tenant, in a row: each sees what the ones before it wrote."""

    def __init__(self, channel, token, tenant):
        self.channel = channel
        self.metadata = [("authorization", f"Bearer {token}"), ("quittance-tenant", tenant)]
        self.written = None

    def __call__(self, method, request):
        metadata = self.metadata + ([("quittance-after", self.written)] if self.written else [])
        response, call = method.with_call(request, timeout=TIMEOUT_S, metadata=metadata)
        self.written = dict(call.trailing_metadata() + call.initial_metadata()).get("quittance-written", self.written)
        return response


def request_id():
    """Made once for each thing to do, and kept until it is done: a repetition has the same one."""
    return str(uuid.uuid4())


def wrong_fields(error):
    """The fields that a call was refused for, with their reasons."""
    fields = {}
    for detail in rpc_status.from_call(error).details:
        bad = error_details_pb2.BadRequest()
        if detail.Unpack(bad):
            fields.update((violation.field, violation.reason) for violation in bad.field_violations)
    return fields


def main(address, token):
    # A channel repeats calls while the server is away: every method may be repeated.
    policy = (
        '{"methodConfig": [{"name": [{}], "retryPolicy": {"maxAttempts": 5, "initialBackoff": "0.05s",'
        ' "maxBackoff": "2s", "backoffMultiplier": 2, "retryableStatusCodes": ["UNAVAILABLE"]}}]}'
    )
    channel = grpc.insecure_channel(address, options=[("grpc.service_config", policy)])
    call = Quittance(channel, token, str(uuid.uuid4()))
    tenants = tenant_service_pb2_grpc.TenantServiceStub(channel)
    customers = customer_service_pb2_grpc.CustomerServiceStub(channel)
    invoices = invoice_service_pb2_grpc.InvoiceServiceStub(channel)
    payments = payment_service_pb2_grpc.PaymentServiceStub(channel)
    reports = report_service_pb2_grpc.ReportServiceStub(channel)

    seller = tenant_service_pb2.Tenant(
        name="Northwind GmbH",
        base_currency_code="EUR",
        time_zone="Europe/Berlin",
        enquiries=tenant_service_pb2.Enquiries(name="Accounts", email="accounts@northwind.example"),
        late_payment_consequences="Statutory interest.",
        terms_and_conditions="Ours.",
    )
    call(tenants.CreateTenant, tenant_service_pb2.CreateTenantRequest(request_id=request_id(), tenant=seller))
    ada = customer_service_pb2.Customer(name="Ada Ltd", number="C-1001")
    customer = call(
        customers.CreateCustomer, customer_service_pb2.CreateCustomerRequest(request_id=request_id(), customer=ada)
    )

    # A batch: each entry succeeds or fails alone. The second one has no price.
    def issue(unit_price):
        line = invoice_service_pb2.InvoiceLine(
            description="Consulting", quantity="8", unit="h", unit_price=unit_price, tax_category="S", tax_rate="19"
        )
        invoice = invoice_service_pb2.Invoice(
            customer_id=customer.customer_id, currency_code="EUR", lines=[line]
        )
        return invoice_service_pb2.CreateAndIssueInvoiceRequest(request_id=request_id(), invoice=invoice)

    batch = invoice_service_pb2.BatchCreateAndIssueInvoicesRequest(
        requests=[issue("120"), issue("")], view=view_pb2.VIEW_BASIC
    )
    results = call(invoices.BatchCreateAndIssueInvoices, batch).results
    # Sent again, as after a timeout: nothing is issued twice.
    assert results == call(invoices.BatchCreateAndIssueInvoices, batch).results
    invoice = results[0].invoice
    assert results[1].error.code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    print(f"invoice {invoice.number}: {invoice.total.amount} {invoice.total.currency_code}")

    # A refused call says all that is wrong, with a reason for programs.
    try:
        call(invoices.CreateAndIssueInvoice, issue("twelve"))
        sys.exit("an invoice with a wrong price was issued")
    except grpc.RpcError as error:
        assert wrong_fields(error) == {"invoice.lines[0].unit_price": "DECIMAL_MALFORMED"}, error

    # The payer names the invoice: the payment is matched.
    payment = payment_service_pb2.Payment(
        amount=money_pb2.Money(currency_code="EUR", amount=invoice.total.amount),
        method=payment_service_pb2.PAYMENT_METHOD_TRANSFER,
        text=f"invoice {invoice.number}",
    )
    recorded = call(
        payments.RecordPayment, payment_service_pb2.RecordPaymentRequest(request_id=request_id(), payment=payment)
    )
    assert recorded.applied.amount == invoice.total.amount, recorded
    balance = call(
        reports.GetCustomerBalance,
        report_service_pb2.GetCustomerBalanceRequest(customer_id=customer.customer_id),
    )
    assert all(one.open_total.amount == "0.00" for one in balance.balances), balance

    # Lists come page by page.
    token, count = "", 0
    while True:
        page = call(invoices.ListInvoices, invoice_service_pb2.ListInvoicesRequest(page_size=1, page_token=token))
        count += len(page.invoices)
        token = page.next_page_token
        if not token:
            break
    assert count == 1, count
    print("paid")


if __name__ == "__main__":
    main(os.environ["QUITTANCE_SERVER"], os.environ["QUITTANCE_TOKEN"])
