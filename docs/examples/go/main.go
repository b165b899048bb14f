// From a customer to a paid invoice: every call of it can be repeated, and sees what the calls before it wrote.
package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log"
	"os"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	commonv1 "quittance.dev/api/common/v1"
	invoicingv1 "quittance.dev/api/invoicing/v1"
	paymentsv1 "quittance.dev/api/payments/v1"
	reportingv1 "quittance.dev/api/reporting/v1"
)

// A channel repeats calls while the server is away: every method may be repeated.
const retries = `{"methodConfig": [{"name": [{}], "retryPolicy": {"maxAttempts": 5, "initialBackoff": "0.05s",
	"maxBackoff": "2s", "backoffMultiplier": 2, "retryableStatusCodes": ["UNAVAILABLE"]}}]}`

// uuid returns a random UUID (RFC 9562, version 4). A request id is made once for each thing to do, and kept until it is done: a
// repetition has the same one.
func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// inOrder adds token and tenant to calls, and lets each see what the ones before it wrote.
func inOrder(token, tenant string) grpc.UnaryClientInterceptor {
	written := ""
	return func(ctx context.Context, method string, request, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
		ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token, "quittance-tenant", tenant)
		if written != "" {
			ctx = metadata.AppendToOutgoingContext(ctx, "quittance-after", written)
		}
		var header metadata.MD
		err := invoke(ctx, method, request, reply, conn, append(options, grpc.Header(&header))...)
		if values := header.Get("quittance-written"); len(values) > 0 {
			written = values[0]
		}
		return err
	}
}

// wrongFields returns the fields that a call was refused for, with their reasons.
func wrongFields(err error) map[string]string {
	fields := map[string]string{}
	for _, detail := range status.Convert(err).Details() {
		if bad, ok := detail.(*errdetails.BadRequest); ok {
			for _, violation := range bad.FieldViolations {
				fields[violation.Field] = violation.Reason
			}
		}
	}
	return fields
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func assert(holds bool, found any) {
	if !holds {
		log.Fatalf("unexpected: %v", found)
	}
}

func main() {
	conn, err := grpc.NewClient(os.Getenv("QUITTANCE_SERVER"),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(retries),
		grpc.WithUnaryInterceptor(inOrder(os.Getenv("QUITTANCE_TOKEN"), uuid())))
	check(err)
	defer conn.Close()
	ctx := context.Background()
	tenants := invoicingv1.NewTenantServiceClient(conn)
	customers := invoicingv1.NewCustomerServiceClient(conn)
	invoices := invoicingv1.NewInvoiceServiceClient(conn)
	payments := paymentsv1.NewPaymentServiceClient(conn)
	reports := reportingv1.NewReportServiceClient(conn)

	_, err = tenants.CreateTenant(ctx, &invoicingv1.CreateTenantRequest{RequestId: uuid(), Tenant: &invoicingv1.Tenant{
		Name:                    "Northwind GmbH",
		BaseCurrencyCode:        "EUR",
		TimeZone:                "Europe/Berlin",
		Enquiries:               &invoicingv1.Enquiries{Name: "Accounts", Email: "accounts@northwind.example"},
		LatePaymentConsequences: "Statutory interest.",
		TermsAndConditions:      "Ours.",
	}})
	check(err)
	customer, err := customers.CreateCustomer(ctx, &invoicingv1.CreateCustomerRequest{
		RequestId: uuid(), Customer: &invoicingv1.Customer{Name: "Ada Ltd", Number: "C-1001"}})
	check(err)

	// A batch: each entry succeeds or fails alone. The second one has no price.
	issue := func(unitPrice string) *invoicingv1.CreateAndIssueInvoiceRequest {
		line := &invoicingv1.InvoiceLine{Description: "Consulting", Quantity: "8", Unit: "h", UnitPrice: unitPrice, TaxCategory: "S", TaxRate: "19"}
		invoice := &invoicingv1.Invoice{CustomerId: customer.CustomerId, CurrencyCode: "EUR", Lines: []*invoicingv1.InvoiceLine{line}}
		return &invoicingv1.CreateAndIssueInvoiceRequest{RequestId: uuid(), Invoice: invoice}
	}
	batch := &invoicingv1.BatchCreateAndIssueInvoicesRequest{
		Requests: []*invoicingv1.CreateAndIssueInvoiceRequest{issue("120"), issue("")}, View: commonv1.View_VIEW_BASIC}
	first, err := invoices.BatchCreateAndIssueInvoices(ctx, batch)
	check(err)
	// Sent again, as after a timeout: nothing is issued twice.
	again, err := invoices.BatchCreateAndIssueInvoices(ctx, batch)
	check(err)
	assert(proto.Equal(first, again), again)
	invoice := first.Results[0].GetInvoice()
	assert(codes.Code(first.Results[1].GetError().GetCode()) == codes.InvalidArgument, first)
	fmt.Printf("invoice %s: %s %s\n", invoice.Number, invoice.Total.Amount, invoice.Total.CurrencyCode)

	// A refused call says all that is wrong, with a reason for programs.
	_, err = invoices.CreateAndIssueInvoice(ctx, issue("twelve"))
	assert(wrongFields(err)["invoice.lines[0].unit_price"] == "DECIMAL_MALFORMED", err)

	// The payer names the invoice: the payment is matched.
	payment, err := payments.RecordPayment(ctx, &paymentsv1.RecordPaymentRequest{RequestId: uuid(), Payment: &paymentsv1.Payment{
		Amount: invoice.Total,
		Method: paymentsv1.PaymentMethod_PAYMENT_METHOD_TRANSFER,
		Text:   "invoice " + invoice.Number,
	}})
	check(err)
	assert(payment.Applied.Amount == invoice.Total.Amount, payment)
	balance, err := reports.GetCustomerBalance(ctx, &reportingv1.GetCustomerBalanceRequest{CustomerId: customer.CustomerId})
	check(err)
	for _, one := range balance.Balances {
		assert(one.OpenTotal.Amount == "0.00", balance)
	}

	// Lists come page by page.
	count, token := 0, ""
	for {
		page, err := invoices.ListInvoices(ctx, &invoicingv1.ListInvoicesRequest{PageSize: 1, PageToken: token})
		check(err)
		count += len(page.Invoices)
		if token = page.NextPageToken; token == "" {
			break
		}
	}
	assert(count == 1, count)
	fmt.Println("paid")
}
