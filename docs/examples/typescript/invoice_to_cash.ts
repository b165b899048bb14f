// From a customer to a paid invoice: every call of it can be repeated, and sees what the calls before it wrote.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import { create, equals } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";

import { BadRequestSchema } from "./stubs/google/rpc/error_details_pb.js";
import { View } from "./stubs/quittance/common/v1/view_pb.js";
import { CustomerService } from "./stubs/quittance/invoicing/v1/customer_service_pb.js";
import {
  BatchCreateAndIssueInvoicesRequestSchema,
  BatchInvoicesResponseSchema,
  InvoiceService,
} from "./stubs/quittance/invoicing/v1/invoice_service_pb.js";
import { TenantService } from "./stubs/quittance/invoicing/v1/tenant_service_pb.js";
import { PaymentMethod, PaymentService } from "./stubs/quittance/payments/v1/payment_service_pb.js";
import { ReportService } from "./stubs/quittance/reporting/v1/report_service_pb.js";

// Made once for each thing to do, and kept until it is done: a repetition has the same one.
const requestId = randomUUID;

// Adds token and tenant to calls, and lets each see what the ones before it wrote.
function inOrder(token: string, tenant: string): Interceptor {
  let written = "";
  return (next) => async (request) => {
    request.header.set("authorization", `Bearer ${token}`);
    request.header.set("quittance-tenant", tenant);
    if (written) request.header.set("quittance-after", written);
    const response = await next(request);
    written = response.header.get("quittance-written") ?? written;
    return response;
  };
}

// Repeats calls while the server is away: every method may be repeated.
const repeat: Interceptor = (next) => async (request) => {
  for (let wait = 50; ; wait *= 2) {
    try {
      return await next(request);
    } catch (error) {
      if (ConnectError.from(error).code !== Code.Unavailable || wait > 2000) throw error;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
};

const transport = createGrpcTransport({
  baseUrl: `http://${process.env.QUITTANCE_SERVER}`,
  interceptors: [inOrder(process.env.QUITTANCE_TOKEN!, randomUUID()), repeat],
  defaultTimeoutMs: 30_000,
});
const tenants = createClient(TenantService, transport);
const customers = createClient(CustomerService, transport);
const invoices = createClient(InvoiceService, transport);
const payments = createClient(PaymentService, transport);
const reports = createClient(ReportService, transport);

await tenants.createTenant({
  requestId: requestId(),
  tenant: {
    name: "Northwind GmbH",
    baseCurrencyCode: "EUR",
    timeZone: "Europe/Berlin",
    enquiries: { name: "Accounts", email: "accounts@northwind.example" },
    latePaymentConsequences: "Statutory interest.",
    termsAndConditions: "Ours.",
  },
});
const customer = await customers.createCustomer({
  requestId: requestId(),
  customer: { name: "Ada Ltd", number: "C-1001" },
});

// A batch: each entry succeeds or fails alone. The second one has no price.
const issue = (unitPrice: string) => ({
  requestId: requestId(),
  invoice: {
    customerId: customer.customerId,
    currencyCode: "EUR",
    lines: [{ description: "Consulting", quantity: "8", unit: "h", unitPrice, taxCategory: "S", taxRate: "19" }],
  },
});
const batch = create(BatchCreateAndIssueInvoicesRequestSchema, {
  requests: [issue("120"), issue("")],
  view: View.BASIC,
});
const first = await invoices.batchCreateAndIssueInvoices(batch);
// Sent again, as after a timeout: nothing is issued twice.
assert(equals(BatchInvoicesResponseSchema, first, await invoices.batchCreateAndIssueInvoices(batch)));
const [issued, refused] = first.results.map((one) => one.result);
assert(issued.case === "invoice" && refused.case === "error" && refused.value.code === Code.InvalidArgument);
const invoice = issued.value;
console.log(`invoice ${invoice.number}: ${invoice.total!.amount} ${invoice.total!.currencyCode}`);

// A refused call says all that is wrong, with a reason for programs.
const error = await invoices.createAndIssueInvoice(issue("twelve")).catch(ConnectError.from);
assert(error instanceof ConnectError);
const fields = error.findDetails(BadRequestSchema).flatMap((bad) => bad.fieldViolations);
assert.deepEqual(
  fields.map((violation) => [violation.field, violation.reason]),
  [["invoice.lines[0].unit_price", "DECIMAL_MALFORMED"]],
);

// The payer names the invoice: the payment is matched.
const payment = await payments.recordPayment({
  requestId: requestId(),
  payment: { amount: invoice.total, method: PaymentMethod.TRANSFER, text: `invoice ${invoice.number}` },
});
assert.equal(payment.applied!.amount, invoice.total!.amount);
const { balances } = await reports.getCustomerBalance({ customerId: customer.customerId });
assert(balances.every((one) => one.openTotal!.amount === "0.00"));

// Lists come page by page.
let count = 0;
for (let pageToken = "", more = true; more; more = pageToken !== "") {
  const page = await invoices.listInvoices({ pageSize: 1, pageToken });
  count += page.invoices.length;
  pageToken = page.nextPageToken;
}
assert.equal(count, 1);
console.log("paid");
