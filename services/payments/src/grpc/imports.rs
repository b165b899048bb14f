//! Bank files.

use quittance_grpc::{parse, tenant};
use quittance_kernel::ImportId;
use quittance_proto::payments::v1::{self as pb, bank_import_service_server::BankImportService};
use tonic::{Request, Response, Status};

use super::{Door, named};
use crate::{Error, db, ops, wire};

#[tonic::async_trait]
impl BankImportService for Door {
    async fn import_bank_lines(
        &self,
        request: Request<pb::ImportBankLinesRequest>,
    ) -> Result<Response<pb::BankImport>, Status> {
        let (tenant, command) = parse::<ops::ImportBankLines, _>(request)?;
        Ok(Response::new(wire::bank_import(&ops::import_bank_lines(&self.0, tenant, command).await?)))
    }

    async fn import_bank_file(
        &self,
        request: Request<pb::ImportBankFileRequest>,
    ) -> Result<Response<pb::BankImport>, Status> {
        let (tenant, command) = parse::<ops::ImportBankFile, _>(request)?;
        Ok(Response::new(wire::bank_import(&ops::import_bank_file(&self.0, tenant, command).await?)))
    }

    async fn get_bank_import(
        &self,
        request: Request<pb::GetBankImportRequest>,
    ) -> Result<Response<pb::BankImport>, Status> {
        let id = named("import_id", &request.get_ref().import_id, ImportId::parse)?;
        let mut tx = self.0.db().begin(tenant(&request)?).await.map_err(Error::from)?;
        let import = db::import::find(&mut tx, id).await.map_err(Error::from)?;
        tx.commit().await.map_err(Error::from)?;
        Ok(Response::new(wire::bank_import(&import.ok_or(Error::ImportNotFound(id))?)))
    }
}
