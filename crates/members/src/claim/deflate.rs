//! Raw deflate (RFC 1951) with a preset dictionary, for texts of a few hundred
//! characters.

use std::sync::LazyLock;

use miniz_oxide::deflate::core::deflate_flags::TDEFL_FORCE_ALL_STATIC_BLOCKS;
use miniz_oxide::deflate::core::{CompressorOxide, TDEFLFlush, TDEFLStatus, compress};
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

/// Most places that the compressor looks at for each match: all there are.
const MOST_PROBES: u32 = 0xfff;
/// Most bytes that a text may have once it is read.
pub(super) const TEXT_MAX: usize = 4096;

/// What texts may refer to as if it stood before them: words of hosts and
/// objects, the more frequent ones towards the end, where references are
/// shorter. What is in tags refers to it, so another dictionary is another
/// version of the packed form.
const DICTIONARY: &[u8] = b"\
    graphql.telemetry.recommendation.analytics.notification.shipping.pricing.feature-flags.scheduler.\
    identity.platform.observability.monitoring.storefront.customer.session.account.profile.catalog.search.media.\
    billing.inventory.payments.checkout.orders.cart.shop.store.auth.user.admin.portal.proxy.edge.public.internal.\
    wildcard.blue.green.canary.backend.frontend.worker.consumer.server.gateway.ingress-nginx.service-.svc.api-.app-.web-.www.\
    southeastasia.eastasia.japaneast.japanwest.koreacentral.centralindia.southafricanorth.uaenorth.brazilsouth.australiaeast.\
    canadacentral.switzerlandnorth.norwayeast.swedencentral.polandcentral.italynorth.francecentral.germanywestcentral.\
    uksouth.ukwest.northeurope.westeurope.southcentralus.northcentralus.centralus.westus2.westus3.westus.eastus2.eastus.\
    development.staging.stage.preprod.production.test.dev.prod.live.team-.cluster-.k8s.eks.gke.aks-.01.02.\
    azure.cloud.local.corp.net.org.io.com\n\x03blue\nh/default/gateway\n\x02.\x01.example.com\n\n\
    i/default/my-app\n\x02.example.com\n\x01-\x02\ns/default/app\n\x02-\x01.example.com\n\x01-\x02\n\
    s/default/\n\x02.\x01.example.com\n\ns/";

/// A compressor that has the dictionary behind it, to start every text from.
static PRIMED: LazyLock<Option<CompressorOxide>> = LazyLock::new(|| {
    // A table of codes of its own would be longer than most texts are.
    let mut compressor = CompressorOxide::new(MOST_PROBES | TDEFL_FORCE_ALL_STATIC_BLOCKS);
    let mut dropped = [0; DICTIONARY.len() + 64];
    // The flush ends the dictionary at a byte, so its own bytes can be dropped.
    let (status, read, _) = compress(&mut compressor, DICTIONARY, &mut dropped, TDEFLFlush::Sync);
    (status == TDEFLStatus::Okay && read == DICTIONARY.len()).then_some(compressor)
});

/// The deflated text.
pub(super) fn deflate(text: &[u8]) -> Option<Vec<u8>> {
    let mut compressor = PRIMED.clone()?;
    // Nine bits for each byte are the worst.
    let mut bytes = vec![0; text.len() * 9 / 8 + 64];
    let (status, _, written) = compress(&mut compressor, text, &mut bytes, TDEFLFlush::Finish);
    bytes.truncate(written);
    (status == TDEFLStatus::Done).then_some(bytes)
}

/// The text that was deflated; `None` when there is no such text, or one that
/// is longer than [`TEXT_MAX`].
pub(super) fn inflate(bytes: &[u8]) -> Option<Vec<u8>> {
    let start = DICTIONARY.len();
    let mut buffer = DICTIONARY.to_vec();
    buffer.resize(start + TEXT_MAX, 0);
    let mut decompressor = DecompressorOxide::new();
    let (status, read, written) = decompress(
        &mut decompressor,
        bytes,
        &mut buffer,
        start,
        TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
    );
    (status == TINFLStatus::Done && read == bytes.len()).then_some(())?;
    buffer.truncate(start + written);
    Some(buffer.split_off(start))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_dictionary_helps() {
        let text = b"s/payments/checkout-api\n\x02.\x01.example.com\n\n";
        let deflated = deflate(text).unwrap();
        assert!(deflated.len() <= 24, "{} bytes", deflated.len());
        assert_eq!(inflate(&deflated).unwrap(), text);
    }

    #[test]
    fn a_text_that_would_be_too_long_is_not_read() {
        let deflated = deflate(&[b'a'; TEXT_MAX + 1]).unwrap();
        assert!(deflated.len() < 100);
        assert_eq!(inflate(&deflated), None);
        assert!(inflate(&deflate(&[b'a'; TEXT_MAX]).unwrap()).is_some());
    }

    proptest! {
        #[test]
        fn texts_come_back(text in proptest::collection::vec(any::<u8>(), 0..600)) {
            let deflated = deflate(&text).unwrap();
            prop_assert_eq!(inflate(&deflated), Some(text));
        }

        #[test]
        fn any_bytes_are_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Some(text) = inflate(&bytes) {
                prop_assert!(text.len() <= TEXT_MAX);
            }
        }
    }
}
