//! An explanation for people.

use std::fmt;

use super::{Answer, Decided, Explained, Explanation, Held, Origin, Trouble, Verdict, Written};

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(trouble) = &self.listing_fails {
            writeln!(f, "Azure cannot be listed, so nothing changes: {trouble}\n")?;
        }
        for object in &self.objects {
            writeln!(f, "{object}")?;
        }
        if self.objects.is_empty() {
            let question = &self.question;
            writeln!(f, "{question}: {}", self.verdict)?;
            for hint in &self.hints {
                writeln!(f, "  {hint}")?;
            }
            writeln!(f)?;
        }
        let time = |at: Option<jiff::Timestamp>| at.map_or("never".to_owned(), |at| at.to_string());
        write!(
            f,
            "owner {}; ExternalDNS last asked: {}; Azure last listed: {}",
            self.owner,
            time(self.asked_at),
            time(self.listed_at)
        )
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InPlace => "in place",
            Self::LeftAlone => "left alone",
            Self::Pending => "pending",
            Self::Trouble => "trouble",
            Self::Unknown => "not known here",
        })
    }
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let object = if self.object.is_empty() {
            "a record"
        } else {
            &self.object
        };
        writeln!(f, "{object} ({}): {}", self.host, self.verdict)?;
        writeln!(f, "  {}", self.summary)?;
        for told in &self.findings {
            writeln!(f, "  {}: {}", told.reason, told.message)?;
        }
        if !self.annotations.is_empty() {
            writeln!(f, "asked for")?;
            for setting in &self.annotations {
                line(f, &setting.name, &setting.value)?;
            }
            line(f, "load balancer", &or_none(&self.addresses))?;
        }
        if let Some(decided) = &self.decided {
            writeln!(f, "{decided}")?;
        }
        if let Some(held) = &self.azure {
            writeln!(f, "{held}")?;
        }
        if let Some(written) = &self.last_write {
            writeln!(f, "{written}")?;
        }
        if !self.dns.is_empty() {
            writeln!(f, "DNS answers")?;
            for answer in &self.dns {
                line(f, &answer.name, &answer.to_string())?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Decided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "decided: endpoint {} of {}",
            self.endpoint, self.profile_host
        )?;
        for decision in &self.settings {
            let from = match decision.from {
                Origin::Annotation => "",
                Origin::Default => " (default)",
                Origin::Elsewhere => " (decided elsewhere, or kept)",
            };
            let held = match &decision.held {
                Some(held) => format!(", and Azure holds {held}"),
                None => String::new(),
            };
            let name = &decision.name;
            write!(f, "\n  {name:<30} {}{from}{held}", decision.value)?;
        }
        Ok(())
    }
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let health = |health: &Option<String>| match health {
            Some(health) => format!(", its probes find {health}"),
            None => String::new(),
        };
        writeln!(f, "Azure holds")?;
        line(
            f,
            "profile",
            &format!(
                "{}, {}{}",
                self.profile,
                self.profile_status,
                health(&self.profile_health)
            ),
        )?;
        let whose = if self.managed {
            "this system's"
        } else {
            "made by others"
        };
        let decides = match &self.settings_owner {
            Some(owner) => format!("{whose}; owner {owner} decides its settings"),
            None => whose.to_owned(),
        };
        line(f, "whose", &decides)?;
        let endpoint = match &self.endpoint {
            Some(held) => format!(
                "{}: {}, {}{}",
                held.name,
                held.target,
                held.status,
                health(&held.health)
            ),
            None => "none of this name".to_owned(),
        };
        line(f, "endpoint", &endpoint)?;
        if let Some(claim) = &self.claim {
            let text = format!(
                "of owner {} for {} since {}",
                claim.owner, claim.object, claim.since
            );
            line(f, "claim", &text)?;
        }
        write!(f, "  {:<30} {}", "other endpoints", or_none(&self.others))
    }
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "last write to the profile: {}, {} requests done",
            self.at, self.done
        )?;
        for failure in &self.failures {
            write!(f, "\n  {failure}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  what to do: {}", self.message, self.remedy)?;
        if let Some(id) = &self.correlation_id {
            write!(f, " (correlation id {id})")?;
        }
        Ok(())
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(error) = &self.error {
            return write!(f, "not known: {error}");
        }
        match &self.alias {
            Some(alias) => write!(
                f,
                "alias of {alias}; addresses: {}",
                or_none(&self.addresses)
            ),
            None => write!(f, "addresses: {}", or_none(&self.addresses)),
        }
    }
}

fn line(f: &mut fmt::Formatter<'_>, name: &str, value: &str) -> fmt::Result {
    writeln!(f, "  {name:<30} {value}")
}

fn or_none(texts: &[String]) -> String {
    if texts.is_empty() {
        "none".to_owned()
    } else {
        texts.join(", ")
    }
}
