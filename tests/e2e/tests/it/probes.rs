//! The scan for a fault of the compiler in optimised programs.

use crate::release::Folder;

/// A large frame that has to be aligned: its function begins with more than saving registers, and is right.
const ALIGNED: &str = "
#[repr(align(128))]
struct Aligned([u8; 40_960]);
#[inline(never)]
fn aligned(byte: u8) -> u8 {
    let large = std::hint::black_box(Aligned([byte; 40_960]));
    large.0[usize::from(byte)]
}
fn main() {
    println!(\"{}\", aligned(std::hint::black_box(7)));
}
";

/// A scan that sees nothing would pass too: the program that shows the fault stands in the record of the decision, and is compiled with it and without it.
#[test]
fn the_scan_tells_a_program_with_the_fault_from_one_without() {
    let workspace = quittance_e2e::workspace();
    let record = std::fs::read_to_string(workspace.join("docs/adr/0008-release-build.md")).unwrap();
    let source = record.split("```rust\n").nth(1).and_then(|rest| rest.split("```").next()).expect("the program");
    let folder = Folder::new();
    let file = folder.0.join("probe.rs");
    std::fs::write(&file, source).unwrap();
    let aligned = folder.0.join("aligned.rs");
    std::fs::write(&aligned, ALIGNED).unwrap();
    let cure = &["-Cllvm-args=-enable-shrink-wrap=false"][..];
    for (name, file, flags, has_fault) in
        [("with", &file, &[][..], true), ("without", &file, cure, false), ("aligned", &aligned, cure, false)]
    {
        let program = folder.0.join(name);
        let mut rustc = std::process::Command::new("rustc");
        rustc.current_dir(workspace).args(["-O", "--edition", "2024"]).args(flags).arg(file).arg("-o").arg(&program);
        assert!(rustc.status().unwrap().success());
        let scan = std::process::Command::new(workspace.join("scripts/scan-probes")).arg(&program).output().unwrap();
        let said = String::from_utf8_lossy(&scan.stdout);
        assert_eq!(scan.status.code(), Some(i32::from(has_fault)), "{said}");
        assert!(!said.contains(": 0 probe loops"), "{said}");
    }
}
