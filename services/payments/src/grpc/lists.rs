//! Lists: filters and orders of requests, and their pages.

use quittance_db::Tx;
use quittance_grpc::{amount_range, date_range, filter_ids, filter_line, filter_metadata, filter_values, time_range};
use quittance_kernel::{CustomerId, PaymentId};
use quittance_proto::payments::v1 as pb;
use quittance_service::{Query, read_places};
use tonic::Status;

use super::{payments::with_allocations, read::method};
use crate::{App, Error, db, domain::Payment, wire};

impl App {
    /// A page of imports.
    pub(super) async fn page_of_imports(
        &self,
        mut query: Query<pb::ListBankImportsRequest>,
    ) -> Result<pb::ListBankImportsResponse, Status> {
        let page = query.ordered_page(|r| &r.order_by, &db::import::ORDERS);
        let Query { tenant, request, mut bad } = query;
        let imported_at = bad.within("import_time", time_range(request.import_time.as_ref()));
        let (imported_at, (page, window)) = bad.into_result(imported_at.zip(page))?;
        let read = async |tx: &mut Tx| {
            let places = db::import::list(tx, imported_at, window).await?;
            read_places(tx, &page, &places, async |tx, ids| {
                let imports = db::import::find_all(tx, ids).await?;
                Ok::<_, Error>(imports.iter().map(|found| (found.id.uuid(), wire::bank_import(found))).collect())
            })
            .await
        };
        let (imports, next_page_token) = self.read_list(tenant, read).await?;
        Ok(pb::ListBankImportsResponse { imports, next_page_token })
    }

    /// A page of payments.
    pub(super) async fn page_of_payments(
        &self,
        mut query: Query<pb::ListPaymentsRequest>,
    ) -> Result<pb::ListPaymentsResponse, Status> {
        let page = query.changes_page(|r| (&r.order_by, r.update_time.is_some()), &db::payment_list::ORDERS);
        let Query { tenant, request, mut bad } = query;
        let customers = filter_ids(&mut bad, "customer_ids", &request.customer_ids, CustomerId::parse);
        let methods = filter_values(&mut bad, "methods", request.methods(), |value| method(value).ok());
        let reference = bad.check("external_reference", filter_line(&request.external_reference, 200));
        let received_on = bad.within("received_on", date_range(request.received_on.as_ref()));
        let amount = bad.within("amount", amount_range(request.amount.as_ref()));
        let updated_at = bad.within("update_time", time_range(request.update_time.as_ref()));
        let metadata = bad.within("", filter_metadata(request.metadata));
        let checked = customers.zip(methods).zip(reference).zip(received_on.zip(amount)).zip(updated_at.zip(metadata));
        let (((((customers, methods), reference), (received_on, amount)), (updated_at, metadata)), (page, window)) =
            bad.into_result(checked.zip(page))?;
        let filter = db::payment_list::Filter {
            customers,
            unapplied_only: request.unapplied_only,
            methods,
            external_reference: reference,
            received_on,
            amount,
            metadata,
            updated_at,
        };
        let read = async |tx: &mut Tx| {
            let places = db::payment_list::list(tx, filter, window).await?;
            read_places(tx, &page, &places, async |tx, ids| {
                let ids: Vec<PaymentId> = ids.iter().copied().map(PaymentId::new).collect();
                let payments = db::payment::find_all(tx, &ids).await?;
                let payments: Vec<&Payment> = payments.values().collect();
                let shown = with_allocations(tx, &payments).await?;
                Ok::<_, Error>(payments.iter().map(|payment| payment.id.uuid()).zip(shown).collect())
            })
            .await
        };
        let (payments, next_page_token) = self.read_list(tenant, read).await?;
        Ok(pb::ListPaymentsResponse { payments, next_page_token })
    }
}
