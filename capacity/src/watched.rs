//! The metrics that the alarms of template-alarms.yaml look at.

use serde_yaml_ng::Value;

const TEMPLATE: &str = include_str!("../../template-alarms.yaml");

/// The metrics that are paid for with the alarms: one for each, or as many as it reckons with.
pub(crate) fn metrics_of_alarms() -> Result<u16, serde_yaml_ng::Error> {
    count(TEMPLATE)
}

fn count(template: &str) -> Result<u16, serde_yaml_ng::Error> {
    let template: Value = serde_yaml_ng::from_str(template)?;
    let resources = template["Resources"].as_mapping().into_iter().flat_map(|resources| resources.values());
    let alarms = resources.filter(|resource| resource["Type"] == "AWS::CloudWatch::Alarm");
    let metrics = alarms.map(|alarm| match alarm["Properties"]["Metrics"].as_sequence() {
        Some(metrics) => metrics.iter().map(|metric| u16::from(metric.get("MetricStat").is_some())).sum(),
        None => 1,
    });
    Ok(metrics.sum())
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn an_alarm_looks_at_one_metric_or_at_those_that_it_reckons_with() {
        let template = "
            Resources:
              One: { Type: AWS::CloudWatch::Alarm, Properties: { MetricName: theft } }
              Two:
                Type: AWS::CloudWatch::Alarm
                Properties: { Metrics: [{ Expression: a / b }, { MetricStat: {} }, { MetricStat: {} }] }
              Three: { Type: AWS::DynamoDB::Table, Properties: {} }";
        assert_eq!(count(template).unwrap(), 3);
    }
}
