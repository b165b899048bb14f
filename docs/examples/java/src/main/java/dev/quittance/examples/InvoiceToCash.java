package dev.quittance.examples;

import com.google.rpc.BadRequest;
import dev.quittance.common.v1.View;
import dev.quittance.invoicing.v1.BatchCreateAndIssueInvoicesRequest;
import dev.quittance.invoicing.v1.CreateAndIssueInvoiceRequest;
import dev.quittance.invoicing.v1.CreateCustomerRequest;
import dev.quittance.invoicing.v1.CreateTenantRequest;
import dev.quittance.invoicing.v1.Customer;
import dev.quittance.invoicing.v1.CustomerServiceGrpc;
import dev.quittance.invoicing.v1.Enquiries;
import dev.quittance.invoicing.v1.Invoice;
import dev.quittance.invoicing.v1.InvoiceLine;
import dev.quittance.invoicing.v1.InvoiceServiceGrpc;
import dev.quittance.invoicing.v1.ListInvoicesRequest;
import dev.quittance.invoicing.v1.Tenant;
import dev.quittance.invoicing.v1.TenantServiceGrpc;
import dev.quittance.payments.v1.Payment;
import dev.quittance.payments.v1.PaymentMethod;
import dev.quittance.payments.v1.PaymentServiceGrpc;
import dev.quittance.payments.v1.RecordPaymentRequest;
import dev.quittance.reporting.v1.GetCustomerBalanceRequest;
import dev.quittance.reporting.v1.ReportServiceGrpc;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** From a customer to a paid invoice: every call of it can be repeated, and sees what the calls before it wrote. */
public final class InvoiceToCash {
  /** A channel repeats calls while the server is away: every method may be repeated. */
  private static final Map<String, Object> RETRIES =
      Map.of(
          "methodConfig",
          List.of(
              Map.of(
                  "name", List.of(Map.of()),
                  "retryPolicy",
                      Map.of(
                          "maxAttempts", 5.0,
                          "initialBackoff", "0.05s",
                          "maxBackoff", "2s",
                          "backoffMultiplier", 2.0,
                          "retryableStatusCodes", List.of("UNAVAILABLE")))));

  /** Adds token and tenant to calls, and lets each see what the ones before it wrote. */
  private static final class InOrder implements ClientInterceptor {
    private final String token;
    private final String tenant;
    private volatile String written;

    InOrder(String token, String tenant) {
      this.token = token;
      this.tenant = tenant;
    }

    private static Metadata.Key<String> key(String name) {
      return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }

    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
      CallOptions limited = options.withDeadlineAfter(30, TimeUnit.SECONDS);
      return new SimpleForwardingClientCall<>(next.newCall(method, limited)) {
        @Override
        public void start(Listener<A> listener, Metadata headers) {
          headers.put(key("authorization"), "Bearer " + token);
          headers.put(key("quittance-tenant"), tenant);
          if (written != null) {
            headers.put(key("quittance-after"), written);
          }
          super.start(
              new SimpleForwardingClientCallListener<>(listener) {
                @Override
                public void onHeaders(Metadata response) {
                  String wrote = response.get(key("quittance-written"));
                  written = wrote == null ? written : wrote;
                  super.onHeaders(response);
                }
              },
              headers);
        }
      };
    }
  }

  /** Made once for each thing to do, and kept until it is done: a repetition has the same one. */
  private static String requestId() {
    return UUID.randomUUID().toString();
  }

  private static void check(boolean holds, Object found) {
    if (!holds) {
      throw new AssertionError(found);
    }
  }

  /** The fields that a call was refused for, with their reasons. */
  private static Map<String, String> wrongFields(StatusRuntimeException error) throws Exception {
    Map<String, String> fields = new HashMap<>();
    for (var detail : StatusProto.fromThrowable(error).getDetailsList()) {
      if (detail.is(BadRequest.class)) {
        detail.unpack(BadRequest.class).getFieldViolationsList().forEach(v -> fields.put(v.getField(), v.getReason()));
      }
    }
    return fields;
  }

  private static CreateAndIssueInvoiceRequest issue(String customerId, String unitPrice) {
    var line =
        InvoiceLine.newBuilder()
            .setDescription("Consulting")
            .setQuantity("8")
            .setUnit("h")
            .setUnitPrice(unitPrice)
            .setTaxCategory("S")
            .setTaxRate("19");
    var invoice = Invoice.newBuilder().setCustomerId(customerId).setCurrencyCode("EUR").addLines(line);
    return CreateAndIssueInvoiceRequest.newBuilder().setRequestId(requestId()).setInvoice(invoice).build();
  }

  public static void main(String[] arguments) throws Exception {
    var inOrder = new InOrder(System.getenv("QUITTANCE_TOKEN"), UUID.randomUUID().toString());
    var channel =
        ManagedChannelBuilder.forTarget(System.getenv("QUITTANCE_SERVER"))
            .usePlaintext()
            .defaultServiceConfig(RETRIES)
            .intercept(inOrder)
            .build();
    var invoices = InvoiceServiceGrpc.newBlockingStub(channel);

    var seller =
        Tenant.newBuilder()
            .setName("Northwind GmbH")
            .setBaseCurrencyCode("EUR")
            .setTimeZone("Europe/Berlin")
            .setEnquiries(Enquiries.newBuilder().setName("Accounts").setEmail("accounts@northwind.example"))
            .setLatePaymentConsequences("Statutory interest.")
            .setTermsAndConditions("Ours.");
    TenantServiceGrpc.newBlockingStub(channel)
        .createTenant(CreateTenantRequest.newBuilder().setRequestId(requestId()).setTenant(seller).build());
    var ada = Customer.newBuilder().setName("Ada Ltd").setNumber("C-1001");
    var customer =
        CustomerServiceGrpc.newBlockingStub(channel)
            .createCustomer(CreateCustomerRequest.newBuilder().setRequestId(requestId()).setCustomer(ada).build());

    // A batch: each entry succeeds or fails alone. The second one has no price.
    var batch =
        BatchCreateAndIssueInvoicesRequest.newBuilder()
            .addRequests(issue(customer.getCustomerId(), "120"))
            .addRequests(issue(customer.getCustomerId(), ""))
            .setView(View.VIEW_BASIC)
            .build();
    var first = invoices.batchCreateAndIssueInvoices(batch);
    // Sent again, as after a timeout: nothing is issued twice.
    check(first.equals(invoices.batchCreateAndIssueInvoices(batch)), first);
    var invoice = first.getResults(0).getInvoice();
    check(first.getResults(1).getError().getCode() == Status.Code.INVALID_ARGUMENT.value(), first);
    var total = invoice.getTotal();
    System.out.printf("invoice %s: %s %s%n", invoice.getNumber(), total.getAmount(), total.getCurrencyCode());

    // A refused call says all that is wrong, with a reason for programs.
    try {
      invoices.createAndIssueInvoice(issue(customer.getCustomerId(), "twelve"));
      throw new AssertionError("an invoice with a wrong price was issued");
    } catch (StatusRuntimeException error) {
      check(wrongFields(error).equals(Map.of("invoice.lines[0].unit_price", "DECIMAL_MALFORMED")), error);
    }

    // The payer names the invoice: the payment is matched.
    var money =
        Payment.newBuilder()
            .setAmount(total)
            .setMethod(PaymentMethod.PAYMENT_METHOD_TRANSFER)
            .setText("invoice " + invoice.getNumber());
    var payment =
        PaymentServiceGrpc.newBlockingStub(channel)
            .recordPayment(RecordPaymentRequest.newBuilder().setRequestId(requestId()).setPayment(money).build());
    check(payment.getApplied().getAmount().equals(total.getAmount()), payment);
    var balance =
        ReportServiceGrpc.newBlockingStub(channel)
            .getCustomerBalance(
                GetCustomerBalanceRequest.newBuilder().setCustomerId(customer.getCustomerId()).build());
    check(balance.getBalancesList().stream().allMatch(b -> b.getOpenTotal().getAmount().equals("0.00")), balance);

    // Lists come page by page.
    int count = 0;
    String token = "";
    do {
      var page = invoices.listInvoices(ListInvoicesRequest.newBuilder().setPageSize(1).setPageToken(token).build());
      count += page.getInvoicesCount();
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    check(count == 1, count);
    System.out.println("paid");
    channel.shutdown();
  }
}
