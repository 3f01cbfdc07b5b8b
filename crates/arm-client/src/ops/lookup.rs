//! Questions that are not about one of our resources.

use reqwest::Method;
use serde::{Deserialize, Serialize};
use traffic_manager::profile::PROFILE_TYPE;
use traffic_manager::{RelativeName, SubscriptionId};

use crate::call::Call;
use crate::exchange::Request;
use crate::routes::Routes;
use crate::{Error, GeographicRegion, NameAvailability};

#[derive(Serialize)]
struct NameQuestion<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    arm_type: &'static str,
}

#[derive(Deserialize)]
struct Hierarchy {
    properties: HierarchyProperties,
}

#[derive(Deserialize)]
struct HierarchyProperties {
    #[serde(rename = "geographicHierarchy")]
    root: GeographicRegion,
}

pub(crate) async fn check_name(
    call: &mut Call<'_>,
    routes: &Routes,
    subscription: &SubscriptionId,
    name: &RelativeName,
) -> Result<NameAvailability, Error> {
    let question = NameQuestion {
        name: name.as_str(),
        arm_type: PROFILE_TYPE,
    };
    let request = call.json_request(Method::POST, routes.check_name(subscription), &question)?;
    let answer = call.send(&request).await?;
    match answer.status {
        200 => call.decode(&request, &answer),
        _ => Err(call.refused(&request, &answer)),
    }
}

pub(crate) async fn geography(
    call: &mut Call<'_>,
    routes: &Routes,
) -> Result<GeographicRegion, Error> {
    let request = Request::get(routes.geography());
    let answer = call.send(&request).await?;
    match answer.status {
        200 => {
            let hierarchy: Hierarchy = call.decode(&request, &answer)?;
            Ok(hierarchy.properties.root)
        }
        _ => Err(call.refused(&request, &answer)),
    }
}
