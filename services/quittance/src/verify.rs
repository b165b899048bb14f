//! Prints the results of all invariants; an error if one does not hold.

use anyhow::bail;

use crate::api::Api;

/// Prints every invariant, and fails if one does not hold.
pub(crate) async fn print(api: &mut Api) -> anyhow::Result<()> {
    if print_found(api).await? { Ok(()) } else { bail!("not all invariants hold") }
}

/// Prints every invariant; returns false if one does not hold.
pub(crate) async fn print_found(api: &mut Api) -> anyhow::Result<bool> {
    let invariants = api.verify().await.map_err(|status| anyhow::anyhow!(crate::call::describe(&status)))?;
    println!("\nInvariants");
    let mut all_hold = true;
    for (area, invariant) in &invariants {
        let state = if invariant.violations == 0 { "holds " } else { "BROKEN" };
        println!("  {state} {} {:>9} checked  {area}: {}", invariant.number, invariant.checked, invariant.rule);
        for example in &invariant.examples {
            println!("           {example}");
        }
        all_hold &= invariant.violations == 0;
    }
    Ok(all_hold)
}
