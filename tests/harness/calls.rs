//! The functions' calls to DynamoDB. A test can count them and make them fail.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    error::Error,
    fmt,
    sync::{Arc, Mutex},
};

use aws_sdk_dynamodb::{
    config::{
        ConfigBag, Intercept, RuntimeComponents,
        interceptors::{
            BeforeSerializationInterceptorContextMut, FinalizerInterceptorContextRef, InterceptorContext,
        },
    },
    operation::{
        delete_item::{DeleteItemInput, DeleteItemOutput},
        get_item::{GetItemInput, GetItemOutput},
        put_item::{PutItemInput, PutItemOutput},
        query::{QueryInput, QueryOutput},
        transact_write_items::{TransactWriteItemsInput, TransactWriteItemsOutput},
        update_item::{UpdateItemInput, UpdateItemOutput},
    },
    types::{ConsumedCapacity, ReturnConsumedCapacity, TransactWriteItem},
};
use aws_smithy_types::config_bag::{Storable, StoreReplace};

use super::which_engine::is_dynamodb_local;

/// Identifies a call among the SDK's executions.
#[derive(Clone, Debug)]
struct CallId(u64);

impl Storable for CallId {
    type Storer = StoreReplace<Self>;
}

type BoxError = Box<dyn Error + Send + Sync>;

/// One call.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    id: u64,
    /// Like `GetItem Sessions`.
    pub(crate) name: String,
    /// The attributes that it names. Empty for a whole item and a transaction.
    pub(crate) attributes: BTreeSet<String>,
    /// Overlapping calls share a wave.
    wave: usize,
    /// The capacity units that the engine reports. `None` for a failed call.
    pub(crate) units: Option<f64>,
    returned: bool,
    /// Whether its answer is lost.
    is_lost: bool,
}

/// A way to make calls with this name fail.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// The call doesn't reach the store.
    Before(&'static str),
    /// Only the next call doesn't reach the store.
    Once(&'static str),
    /// The store carries the call out, and its answer is lost.
    After(&'static str),
    /// Only the call after this many others doesn't reach the store, whatever its name.
    Nth(usize),
    /// The store carries the call after this many others out, and its answer is lost.
    NthAfter(usize),
}

impl Fault {
    /// Whether this call fails, of which so many others came before. A fault of one call is spent by it.
    fn counts_down(&mut self) -> bool {
        match self {
            Self::Nth(left) | Self::NthAfter(left) => {
                let is_it = *left == 0;
                *left = left.checked_sub(1).unwrap_or(usize::MAX);
                is_it
            }
            Self::Before(_) | Self::Once(_) | Self::After(_) => false,
        }
    }
}

#[derive(Debug, Default)]
struct State {
    last_id: u64,
    calls: Vec<Call>,
    faults: Vec<Fault>,
    hook: Option<Hook>,
}

/// An action that a test runs at every call.
struct Hook(Box<dyn Fn() + Send>);

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hook")
    }
}

/// The calls of an API under test.
#[derive(Clone, Debug)]
pub(crate) struct Calls {
    state: Arc<Mutex<State>>,
    /// The tables' logical IDs by their names.
    tables: Arc<BTreeMap<String, String>>,
}

impl Calls {
    pub(crate) fn new(tables: &BTreeMap<String, String>) -> Self {
        let tables = tables.iter().map(|(id, name)| (name.clone(), id.replace("Table", ""))).collect();
        Self { state: Arc::default(), tables: Arc::new(tables) }
    }

    /// The calls since the last take, in order.
    pub(crate) fn take(&self) -> Vec<Call> {
        std::mem::take(&mut self.state.lock().unwrap().calls)
    }

    /// The number of calls since the last take.
    pub(crate) fn count(&self) -> usize {
        self.state.lock().unwrap().calls.len()
    }

    /// Applies a fault until [`Calls::heal`].
    pub(crate) fn fail(&self, fault: Fault) {
        self.state.lock().unwrap().faults.push(fault);
    }

    /// Runs this at every call, before the call is made.
    pub(crate) fn before_each(&self, hook: impl Fn() + Send + 'static) {
        self.state.lock().unwrap().hook = Some(Hook(Box::new(hook)));
    }

    pub(crate) fn heal(&self) {
        self.state.lock().unwrap().faults.clear();
    }

    fn name(&self, operation: &str, table: Option<&String>) -> String {
        let table = table.and_then(|name| self.tables.get(name)).map_or("?", String::as_str);
        format!("{operation} {table}")
    }

    /// The name of a transaction on one table, like `ConditionCheckItem+PutItem Keys`, or on several, like
    /// `UpdateItem Mails & PutItem Users`.
    fn transaction(&self, writes: &[TransactWriteItem]) -> String {
        let writes = writes.iter().map(|write| match write {
            TransactWriteItem { condition_check: Some(check), .. } => {
                ("ConditionCheckItem", check.table_name())
            }
            TransactWriteItem { put: Some(put), .. } => ("PutItem", put.table_name()),
            TransactWriteItem { update: Some(update), .. } => ("UpdateItem", update.table_name()),
            TransactWriteItem { delete: Some(delete), .. } => ("DeleteItem", delete.table_name()),
            other => panic!("no function makes it: {other:?}"),
        });
        let writes: Vec<_> = writes.collect();
        let first = writes[0].1;
        if writes.iter().all(|(_, table)| *table == first) {
            let operations: Vec<_> = writes.iter().map(|(operation, _)| *operation).collect();
            return self.name(&operations.join("+"), Some(&first.to_owned()));
        }
        let names = writes.iter().map(|(operation, table)| self.name(operation, Some(&(*table).to_owned())));
        names.collect::<Vec<_>>().join(AND)
    }

    /// Records the start of a call. It joins the wave of earlier calls that are still running, or begins a new one.
    fn begin(&self, name: String, attributes: BTreeSet<String>) -> Result<CallId, BoxError> {
        let mut state = self.state.lock().unwrap();
        if let Some(Hook(hook)) = &state.hook {
            hook();
        }
        state.last_id += 1;
        let id = state.last_id;
        let last = state.calls.last().map_or(0, |call| call.wave);
        let is_alongside = state.calls.iter().any(|call| call.wave == last && !call.returned);
        let wave = if is_alongside { last } else { last + 1 };
        let once = state.faults.iter().position(|fault| matches!(fault, Fault::Once(n) if *n == name));
        let fails = once.is_some()
            || state.faults.iter().any(|fault| matches!(fault, Fault::Before(n) if *n == name));
        if let Some(once) = once {
            state.faults.remove(once);
        }
        let (mut fails, mut is_lost) = (fails, false);
        for fault in &mut state.faults {
            let is_it = fault.counts_down();
            fails |= is_it && matches!(fault, Fault::Nth(_));
            is_lost |= is_it && matches!(fault, Fault::NthAfter(_));
        }
        state.calls.push(Call { id, name, attributes, wave, units: None, returned: false, is_lost });
        if fails { Err("a fault of the test, before".into()) } else { Ok(CallId(id)) }
    }

    fn end(&self, CallId(id): &CallId, units: Option<f64>) -> Result<(), BoxError> {
        let mut state = self.state.lock().unwrap();
        let State { calls, faults, .. } = &mut *state;
        let Some(call) = calls.iter_mut().find(|call| call.id == *id) else { return Ok(()) };
        call.units = units.map(|reported| in_transaction(&call.name).unwrap_or(reported));
        call.returned = true;
        let is_after = |fault: &Fault| matches!(fault, Fault::After(name) if *name == call.name);
        let fails = call.is_lost || faults.iter().any(is_after);
        if fails { Err("a fault of the test, after".into()) } else { Ok(()) }
    }
}

/// The calls' names by wave, sorted within each wave.
pub(crate) fn waves(calls: &[Call]) -> Vec<Vec<&str>> {
    let mut waves: Vec<(usize, Vec<&str>)> = Vec::new();
    for call in calls {
        match waves.last_mut() {
            Some((wave, names)) if *wave == call.wave => names.push(&call.name),
            _ => waves.push((call.wave, vec![&call.name])),
        }
    }
    waves
        .into_iter()
        .map(|(_, mut names)| {
            names.sort_unstable();
            names
        })
        .collect()
}

impl Intercept for Calls {
    fn name(&self) -> &'static str {
        "calls of the functions under test"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let input = context.input_mut();
        let total = Some(ReturnConsumedCapacity::Total);
        if let Some(input) = input.downcast_mut::<GetItemInput>() {
            input.return_consumed_capacity = total;
        } else if let Some(input) = input.downcast_mut::<PutItemInput>() {
            input.return_consumed_capacity = total;
        } else if let Some(input) = input.downcast_mut::<UpdateItemInput>() {
            input.return_consumed_capacity = total;
        } else if let Some(input) = input.downcast_mut::<DeleteItemInput>() {
            input.return_consumed_capacity = total;
        } else if let Some(input) = input.downcast_mut::<QueryInput>() {
            input.return_consumed_capacity = total;
        } else if let Some(input) = input.downcast_mut::<TransactWriteItemsInput>() {
            input.return_consumed_capacity = total;
        }
        if let Some(name) = self.name_of(context.inner()) {
            let attributes = attributes(context.inner()).into_iter().flatten().cloned().collect();
            config.interceptor_state().store_put(self.begin(name, attributes)?);
        }
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(id) = config.load::<CallId>() else { return Ok(()) };
        self.end(id, units(context))
    }
}

impl Calls {
    fn name_of(&self, context: &InterceptorContext) -> Option<String> {
        let input = context.input()?;
        if let Some(input) = input.downcast_ref::<GetItemInput>() {
            Some(self.name("GetItem", input.table_name.as_ref()))
        } else if let Some(input) = input.downcast_ref::<PutItemInput>() {
            Some(self.name("PutItem", input.table_name.as_ref()))
        } else if let Some(input) = input.downcast_ref::<UpdateItemInput>() {
            Some(self.name("UpdateItem", input.table_name.as_ref()))
        } else if let Some(input) = input.downcast_ref::<DeleteItemInput>() {
            Some(self.name("DeleteItem", input.table_name.as_ref()))
        } else if let Some(input) = input.downcast_ref::<TransactWriteItemsInput>() {
            Some(self.transaction(input.transact_items()))
        } else {
            let input = input.downcast_ref::<QueryInput>()?;
            Some(self.name("Query", input.table_name.as_ref()))
        }
    }
}

/// The attributes that a call's key and expressions name.
fn attributes(context: &InterceptorContext) -> Option<impl Iterator<Item = &String>> {
    let input = context.input()?;
    let (key, names) = if let Some(input) = input.downcast_ref::<GetItemInput>() {
        (input.key.as_ref(), &input.expression_attribute_names)
    } else if let Some(input) = input.downcast_ref::<UpdateItemInput>() {
        (input.key.as_ref(), &input.expression_attribute_names)
    } else {
        (None, &input.downcast_ref::<QueryInput>()?.expression_attribute_names)
    };
    let key = key.into_iter().flat_map(HashMap::keys);
    Some(key.chain(names.iter().flat_map(HashMap::values)))
}

/// The separator of the writes in the name of a transaction on several tables.
const AND: &str = " & ";

/// What DynamoDB takes for a write of up to a KB in a transaction.
const UNITS_IN_TRANSACTION: f64 = 2.0;

/// The units of a transaction, where the engine is DynamoDB Local: it reports four for a small item, and a table once
/// however many of its items are written.
fn in_transaction(name: &str) -> Option<f64> {
    let writes = name.split(AND);
    let is_one = is_dynamodb_local() && name.contains(AND);
    is_one.then(|| writes.map(|_| UNITS_IN_TRANSACTION).sum())
}

fn units(context: &FinalizerInterceptorContextRef<'_>) -> Option<f64> {
    let output = context.output_or_error()?.ok()?;
    let capacity = |consumed: Option<&ConsumedCapacity>| consumed.and_then(ConsumedCapacity::capacity_units);
    if let Some(output) = output.downcast_ref::<GetItemOutput>() {
        capacity(output.consumed_capacity())
    } else if let Some(output) = output.downcast_ref::<PutItemOutput>() {
        capacity(output.consumed_capacity())
    } else if let Some(output) = output.downcast_ref::<UpdateItemOutput>() {
        capacity(output.consumed_capacity())
    } else if let Some(output) = output.downcast_ref::<DeleteItemOutput>() {
        capacity(output.consumed_capacity())
    } else if let Some(output) = output.downcast_ref::<TransactWriteItemsOutput>() {
        Some(output.consumed_capacity().iter().filter_map(ConsumedCapacity::capacity_units).sum())
    } else {
        let reported = capacity(output.downcast_ref::<QueryOutput>()?.consumed_capacity())?;
        // DynamoDB Local reports nothing for a query that finds nothing. Our queries are consistent, and such a one takes a unit.
        Some(if is_dynamodb_local() { reported.max(1.0) } else { reported })
    }
}
