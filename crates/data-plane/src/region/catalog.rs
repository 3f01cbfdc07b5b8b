//! The regions that this build knows.

/// A region, roughly where it is, and where it stands in the geographic hierarchy.
pub(super) struct Place {
    /// The programmatic name.
    pub(super) region: &'static str,
    /// Degrees north.
    pub(super) latitude: f64,
    /// Degrees east.
    pub(super) longitude: f64,
    /// The codes of the hierarchy from the most specific to the group, separated by spaces; `WORLD` is implied.
    pub(super) geo_codes: &'static str,
}

const fn place(
    region: &'static str,
    latitude: f64,
    longitude: f64,
    geo_codes: &'static str,
) -> Place {
    Place {
        region,
        latitude,
        longitude,
        geo_codes,
    }
}

/// Public and sovereign regions. Azure publishes for each the city or state that it is in; the coordinates are those of
/// such a place to a hundredth of a degree, for distances only. Azure's own distances are latencies, which it does not
/// publish.
pub(super) const CATALOG: &[Place] = &[
    place("eastus", 37.37, -79.82, "US-VA US GEO-NA"),
    place("eastus2", 36.67, -78.39, "US-VA US GEO-NA"),
    place("centralus", 41.59, -93.62, "US-IA US GEO-NA"),
    place("northcentralus", 41.88, -87.63, "US-IL US GEO-NA"),
    place("southcentralus", 29.42, -98.50, "US-TX US GEO-NA"),
    place("westcentralus", 40.89, -110.23, "US-WY US GEO-NA"),
    place("westus", 37.78, -122.42, "US-CA US GEO-NA"),
    place("westus2", 47.23, -119.85, "US-WA US GEO-NA"),
    place("westus3", 33.45, -112.07, "US-AZ US GEO-NA"),
    place("usgovvirginia", 37.00, -78.00, "US-VA US GEO-NA"),
    place("usgovarizona", 33.40, -112.00, "US-AZ US GEO-NA"),
    place("usgovtexas", 29.42, -98.50, "US-TX US GEO-NA"),
    place("canadacentral", 43.65, -79.38, "CA-ON CA GEO-NA"),
    place("canadaeast", 46.82, -71.22, "CA-QC CA GEO-NA"),
    place("mexicocentral", 20.59, -100.39, "MX GEO-NA"),
    place("brazilsouth", -23.55, -46.63, "BR GEO-SA"),
    place("brazilsoutheast", -22.91, -43.17, "BR GEO-SA"),
    place("chilecentral", -33.45, -70.67, "CL GEO-SA"),
    place("northeurope", 53.35, -6.26, "IE GEO-EU"),
    place("westeurope", 52.37, 4.90, "NL GEO-EU"),
    place("uksouth", 50.94, -0.80, "GB GEO-EU"),
    place("ukwest", 53.43, -3.08, "GB GEO-EU"),
    place("francecentral", 46.38, 2.37, "FR GEO-EU"),
    place("francesouth", 43.83, 2.11, "FR GEO-EU"),
    place("germanywestcentral", 50.11, 8.68, "DE GEO-EU"),
    place("germanynorth", 53.07, 8.81, "DE GEO-EU"),
    place("switzerlandnorth", 47.45, 8.56, "CH GEO-EU"),
    place("switzerlandwest", 46.20, 6.14, "CH GEO-EU"),
    place("norwayeast", 59.91, 10.75, "NO GEO-EU"),
    place("norwaywest", 58.97, 5.73, "NO GEO-EU"),
    place("swedencentral", 60.67, 17.14, "SE GEO-EU"),
    place("polandcentral", 52.23, 21.01, "PL GEO-EU"),
    place("italynorth", 45.47, 9.18, "IT GEO-EU"),
    place("spaincentral", 40.42, -3.70, "ES GEO-EU"),
    place("austriaeast", 48.20, 16.37, "AT GEO-EU"),
    place("belgiumcentral", 50.85, 4.35, "BE GEO-EU"),
    place("israelcentral", 31.27, 33.46, "IL GEO-ME"),
    place("qatarcentral", 25.55, 51.44, "QA GEO-ME"),
    place("uaenorth", 25.27, 55.32, "AE GEO-ME"),
    place("uaecentral", 24.47, 54.37, "AE GEO-ME"),
    place("southafricanorth", -25.73, 28.22, "ZA GEO-AF"),
    place("southafricawest", -34.08, 18.84, "ZA GEO-AF"),
    place("centralindia", 18.58, 73.92, "IN GEO-AS"),
    place("southindia", 12.98, 80.16, "IN GEO-AS"),
    place("westindia", 19.09, 72.87, "IN GEO-AS"),
    place("jioindiacentral", 21.15, 79.09, "IN GEO-AS"),
    place("jioindiawest", 22.47, 70.06, "IN GEO-AS"),
    place("southeastasia", 1.28, 103.83, "SG GEO-AS"),
    place("eastasia", 22.27, 114.19, "HK GEO-AS"),
    place("japaneast", 35.68, 139.77, "JP GEO-AS"),
    place("japanwest", 34.69, 135.50, "JP GEO-AS"),
    place("koreacentral", 37.57, 126.98, "KR GEO-AS"),
    place("koreasouth", 35.18, 129.08, "KR GEO-AS"),
    place("indonesiacentral", -6.21, 106.85, "ID GEO-AS"),
    place("malaysiawest", 3.15, 101.69, "MY GEO-AS"),
    place("chinaeast", 31.23, 121.47, "CN GEO-AS"),
    place("chinaeast2", 31.23, 121.47, "CN GEO-AS"),
    place("chinanorth", 39.90, 116.41, "CN GEO-AS"),
    place("chinanorth2", 39.90, 116.41, "CN GEO-AS"),
    place("chinanorth3", 38.04, 114.51, "CN GEO-AS"),
    place("australiaeast", -33.87, 151.21, "AU-NSW AU GEO-AP"),
    place("australiasoutheast", -37.81, 144.96, "AU-VIC AU GEO-AP"),
    place("australiacentral", -35.31, 149.12, "AU-ACT AU GEO-AP"),
    place("australiacentral2", -35.31, 149.12, "AU-ACT AU GEO-AP"),
    place("newzealandnorth", -36.85, 174.76, "NZ GEO-AP"),
];
