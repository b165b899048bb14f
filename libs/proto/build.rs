//! Generates the Rust code of the contract in `proto/`, with a compiler in Rust: no protoc needed.

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

fn main() -> Result<(), Box<dyn Error>> {
    let crate_folder = env::var_os("CARGO_MANIFEST_DIR").ok_or("cargo sets CARGO_MANIFEST_DIR")?;
    let root = PathBuf::from(crate_folder).join("../../proto");
    println!("cargo:rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();
    let mut compiler = protox::Compiler::new([&root])?;
    compiler.include_imports(true).include_source_info(true).open_files(&files)?;
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    fs::write(out.join("quittance.bin"), compiler.encode_file_descriptor_set())?;
    fs::write(out.join("mutating.rs"), mutating(&compiler))?;
    tonic_prost_build::configure()
        .extern_path(".google.rpc", "::tonic_types::pb")
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}

/// An implementation of `Mutating` for every message with a request id.
fn mutating(compiler: &protox::Compiler) -> String {
    let pool = compiler.descriptor_pool();
    let messages = pool.all_messages().filter(|message| message.get_field_by_name("request_id").is_some());
    let implementations = messages.map(|message| {
        let package = message.parent_file().package_name().replace("quittance.", "").replace('.', "::");
        let name = message.name();
        format!(
            "impl Mutating for crate::{package}::{name} {{\n    fn take_request_id(&mut self) -> String {{\n        \
             std::mem::take(&mut self.request_id)\n    }}\n}}\n"
        )
    });
    implementations.collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "proto") {
            files.push(path);
        }
    }
    Ok(())
}
