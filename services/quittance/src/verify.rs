//! The state of every invariant, for people; an error where one does not hold.

use anyhow::bail;

use crate::api::Api;

/// Prints every invariant, and fails when one drifted.
pub(crate) async fn print(api: &mut Api) -> anyhow::Result<()> {
    let invariants = api.verify().await.map_err(|status| anyhow::anyhow!(crate::call::describe(&status)))?;
    println!("\nInvariants");
    let mut broken = 0;
    for (area, invariant) in &invariants {
        let state = if invariant.drifted == 0 { "holds " } else { "BROKEN" };
        println!("  {state} {} {:>9} checked  {area}: {}", invariant.number, invariant.checked, invariant.rule);
        for example in &invariant.examples {
            println!("           {example}");
        }
        broken += usize::from(invariant.drifted > 0);
    }
    if broken > 0 {
        bail!("{broken} invariants do not hold")
    }
    Ok(())
}
