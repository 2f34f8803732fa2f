//! Profiles: whatever the edges say, exclusive times add up to the roots' time.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::profile::Profile;

fuzz_target!(|bytes: &[u8]| {
    let Ok(profile) = serde_json::from_slice::<Profile>(bytes) else {
        return;
    };
    let functions = profile.functions();
    let exclusive: i128 = functions
        .iter()
        .map(|it| i128::from(it.exclusive_us.0))
        .sum();
    assert_eq!(exclusive, i128::from(profile.total_us().0));
    for function in functions.iter().take(3) {
        profile.callers(&function.name);
        profile.callees(&function.name);
    }
});
