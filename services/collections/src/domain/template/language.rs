//! The part of Jinja that templates of reminders may use: an allow-list, checked against the parsed template before it is
//! compiled. Everything in it takes time and memory proportional to the values it uses, so that the steps of a rendering
//! (`fuel`) also bound its time; what multiplies text or lists (`*` on text, `~`, `replace`, `join`, `indent`, nested
//! loops, variables that grow) is not in it.

use minijinja::machinery::ast::{BinOpKind, CallArg, CompareOpKind, Expr, Stmt};
use minijinja::machinery::{Token, parse, tokenize};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;

/// The most tokens of an expression or statement: parser and compiler recurse over them.
const MAX_TOKENS_IN_BLOCK: usize = 200;
/// The most `elif` of a template: each is nested in the one before it.
const MAX_ELIFS: usize = 50;

/// Why a template is outside the language.
#[derive(Debug)]
pub(super) enum Problem {
    /// It cannot be parsed.
    Syntax(minijinja::Error),
    /// It uses an unknown name.
    UnknownName(String),
    /// It uses a feature that is not in the allow-list.
    NotAllowed {
        /// The feature, in words.
        what: String,
        /// The line, from 1.
        line: u16,
    },
}

/// The type of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Flag,
    Items,
    Item,
    Customer,
    Contact,
    Seller,
    Loop,
}

/// The type of a variable; `None` if unknown.
const VARIABLES: [(&str, Kind); 7] = [
    ("customer", Kind::Customer),
    ("contact", Kind::Contact),
    ("items", Kind::Items),
    ("total", Kind::Text),
    ("currency", Kind::Text),
    ("as_of", Kind::Text),
    ("seller", Kind::Seller),
];

impl Kind {
    fn is_printable(self) -> bool {
        matches!(self, Kind::Text | Kind::Number | Kind::Flag)
    }

    /// The type of a field; `None` if it has no such field.
    fn field(self, name: &str) -> Option<Kind> {
        match (self, name) {
            (Kind::Customer, "name" | "number")
            | (Kind::Contact, "name")
            | (Kind::Seller, "name" | "enquiries")
            | (Kind::Item, "number" | "issued_on" | "due_on" | "open") => Some(Kind::Text),
            (Kind::Item, "days_past_due") | (Kind::Loop, "index" | "index0" | "revindex" | "revindex0" | "length") => {
                Some(Kind::Number)
            }
            (Kind::Loop, "first" | "last") => Some(Kind::Flag),
            _ => None,
        }
    }

    /// The type common to two branches.
    fn or(self, other: Kind) -> Option<Kind> {
        match (self, other) {
            (left, right) if left == right => Some(left),
            (left, right) if left.is_printable() && right.is_printable() => Some(Kind::Text),
            _ => None,
        }
    }
}

/// Checks that a template is within the language.
///
/// # Errors
/// [`Problem`], the first found.
pub(super) fn check(source: &str, name: &str) -> Result<(), Problem> {
    check_size(source)?;
    let parsed = parse(source, name, SyntaxConfig::default()).map_err(Problem::Syntax)?;
    let Stmt::Template(template) = &parsed else {
        return Err(Problem::NotAllowed { what: "what is not a template".to_owned(), line: 1 });
    };
    Scope { target: None }.check_all(&template.children)
}

/// Limits the input of the parser, so that its recursion cannot overflow the stack.
fn check_size(source: &str) -> Result<(), Problem> {
    let (mut tokens, mut elifs) = (0_usize, 0_usize);
    for token in tokenize(source, false, SyntaxConfig::default()) {
        let (token, span) = token.map_err(Problem::Syntax)?;
        match token {
            Token::VariableStart | Token::BlockStart => tokens = 0,
            Token::Ident("elif") => elifs += 1,
            _ => {}
        }
        tokens += 1;
        if tokens > MAX_TOKENS_IN_BLOCK {
            let what = format!("an expression of more than {MAX_TOKENS_IN_BLOCK} tokens");
            return Err(Problem::NotAllowed { what, line: span.start_line });
        }
        if elifs > MAX_ELIFS {
            return Err(Problem::NotAllowed { what: format!("more than {MAX_ELIFS} elif"), line: span.start_line });
        }
    }
    Ok(())
}

fn not_allowed<T>(what: impl Into<String>, expr: &Expr<'_>) -> Result<T, Problem> {
    Err(Problem::NotAllowed { what: what.into(), line: expr.span().start_line })
}

/// The scope: the names known at a place of the template.
#[derive(Clone, Copy)]
struct Scope<'a> {
    /// The variable of the surrounding loop.
    target: Option<&'a str>,
}

impl<'a> Scope<'a> {
    fn check_all(self, statements: &[Stmt<'a>]) -> Result<(), Problem> {
        statements.iter().try_for_each(|statement| self.check(statement))
    }

    fn check(self, statement: &Stmt<'a>) -> Result<(), Problem> {
        let (what, line) = match statement {
            Stmt::EmitRaw(_) => return Ok(()),
            Stmt::EmitExpr(emit) => return self.printable(&emit.expr).map(|_| ()),
            Stmt::IfCond(condition) => {
                self.condition(&condition.expr)?;
                self.check_all(&condition.true_body)?;
                return self.check_all(&condition.false_body);
            }
            Stmt::ForLoop(each) => {
                if self.target.is_some() {
                    return Err(Problem::NotAllowed {
                        what: "a loop within a loop".to_owned(),
                        line: each.span().start_line,
                    });
                }
                let Expr::Var(target) = &each.target else {
                    return not_allowed("a loop with more than one variable", &each.target);
                };
                if each.recursive {
                    return not_allowed("a recursive loop", &each.target);
                }
                if self.kind(&each.iter)? != Kind::Items {
                    return not_allowed("a loop over something other than the items", &each.iter);
                }
                let within = Scope { target: Some(target.id) };
                if let Some(filter) = &each.filter_expr {
                    within.condition(filter)?;
                }
                within.check_all(&each.body)?;
                return self.check_all(&each.else_body);
            }
            Stmt::Template(s) => ("a template within a template", s.span().start_line),
            Stmt::WithBlock(s) => ("`with`", s.span().start_line),
            Stmt::Set(s) => ("`set`", s.span().start_line),
            Stmt::SetBlock(s) => ("`set`", s.span().start_line),
            Stmt::AutoEscape(s) => ("`autoescape`", s.span().start_line),
            Stmt::FilterBlock(s) => ("`filter`", s.span().start_line),
            Stmt::Do(s) => ("`do`", s.span().start_line),
        };
        Err(Problem::NotAllowed { what: what.to_owned(), line })
    }

    /// A condition: any expression with a truth value.
    fn condition(self, expr: &Expr<'a>) -> Result<Kind, Problem> {
        match self.kind(expr)? {
            kind @ (Kind::Text | Kind::Number | Kind::Flag | Kind::Items) => Ok(kind),
            Kind::Item | Kind::Customer | Kind::Contact | Kind::Seller | Kind::Loop => {
                not_allowed("a condition that always holds", expr)
            }
        }
    }

    /// A scalar: text, a number, or a boolean, which can be printed and compared.
    fn printable(self, expr: &Expr<'a>) -> Result<Kind, Problem> {
        match self.kind(expr)? {
            kind if kind.is_printable() => Ok(kind),
            _ => not_allowed("something that is not a text or a number by itself: name one of its fields", expr),
        }
    }

    fn number(self, expr: &Expr<'a>) -> Result<(), Problem> {
        match self.kind(expr)? {
            Kind::Number => Ok(()),
            _ => not_allowed("arithmetic with what is not a number of days or places", expr),
        }
    }

    fn kind(self, expr: &Expr<'a>) -> Result<Kind, Problem> {
        match expr {
            Expr::Var(name) => self.variable(name.id),
            Expr::Const(value) => match value.value.kind() {
                ValueKind::String => Ok(Kind::Text),
                ValueKind::Number => Ok(Kind::Number),
                ValueKind::Bool => Ok(Kind::Flag),
                _ => not_allowed("a constant that is neither text nor number", expr),
            },
            Expr::GetAttr(get) => {
                let of = self.kind(&get.expr)?;
                of.field(get.name).ok_or_else(|| Problem::UnknownName(format!("{}.{}", path(&get.expr), get.name)))
            }
            Expr::GetItem(get) => match (self.kind(&get.expr)?, self.kind(&get.subscript_expr)?) {
                (Kind::Items, Kind::Number) => Ok(Kind::Item),
                _ => not_allowed("[...] on something other than the items", expr),
            },
            Expr::Slice(slice) => {
                if self.target.is_some() || self.kind(&slice.expr)? != Kind::Items {
                    return not_allowed("[...:...] on something other than the items, or within a loop", expr);
                }
                for bound in [&slice.start, &slice.stop, &slice.step].into_iter().flatten() {
                    self.number(bound)?;
                }
                Ok(Kind::Items)
            }
            Expr::UnaryOp(unary) => match unary.op {
                minijinja::machinery::ast::UnaryOpKind::Not => self.condition(&unary.expr).map(|_| Kind::Flag),
                minijinja::machinery::ast::UnaryOpKind::Neg => self.number(&unary.expr).map(|()| Kind::Number),
            },
            Expr::BinOp(binary) => self.binary(binary.op, &binary.left, &binary.right, expr),
            Expr::Compare(compare) => {
                self.printable(&compare.expr)?;
                for operand in &compare.ops {
                    let right = self.printable(&operand.expr)?;
                    if matches!(operand.op, CompareOpKind::In | CompareOpKind::NotIn) && right != Kind::Text {
                        return not_allowed("`in` on something other than a text", expr);
                    }
                }
                Ok(Kind::Flag)
            }
            Expr::IfExpr(either) => {
                self.condition(&either.test_expr)?;
                let kind = self.printable(&either.true_expr)?;
                match &either.false_expr {
                    Some(other) => Ok(kind.or(self.printable(other)?).unwrap_or(Kind::Text)),
                    None => Ok(kind),
                }
            }
            Expr::Filter(filter) => self.filter(filter.name, filter.expr.as_ref(), &filter.args, expr),
            Expr::Test(test) => match test.name {
                "defined" | "undefined" if test.args.is_empty() => self.kind(&test.expr).map(|_| Kind::Flag),
                "odd" | "even" if test.args.is_empty() => self.number(&test.expr).map(|()| Kind::Flag),
                name => not_allowed(format!("the test `{name}`"), expr),
            },
            Expr::Call(_) => not_allowed("a function", expr),
            Expr::List(_) | Expr::Tuple(_) | Expr::Map(_) => not_allowed("a list", expr),
        }
    }

    fn variable(self, name: &str) -> Result<Kind, Problem> {
        match self.target {
            Some(target) if target == name => return Ok(Kind::Item),
            Some(_) if name == "loop" => return Ok(Kind::Loop),
            _ => {}
        }
        let known = VARIABLES.into_iter().find(|(known, _)| *known == name);
        known.map(|(_, kind)| kind).ok_or_else(|| Problem::UnknownName(name.to_owned()))
    }

    fn binary(self, op: BinOpKind, left: &Expr<'a>, right: &Expr<'a>, whole: &Expr<'a>) -> Result<Kind, Problem> {
        match op {
            BinOpKind::ScAnd | BinOpKind::ScOr => {
                let (left, right) = (self.condition(left)?, self.condition(right)?);
                // Printing a list is refused elsewhere.
                Ok(left.or(right).unwrap_or(Kind::Items))
            }
            BinOpKind::Eq | BinOpKind::Ne | BinOpKind::Lt | BinOpKind::Lte | BinOpKind::Gt | BinOpKind::Gte => {
                self.printable(left)?;
                self.printable(right).map(|_| Kind::Flag)
            }
            BinOpKind::In => match (self.printable(left)?, self.printable(right)?) {
                (_, Kind::Text) => Ok(Kind::Flag),
                _ => not_allowed("`in` on something other than a text", whole),
            },
            BinOpKind::Add | BinOpKind::Sub | BinOpKind::Mul => {
                self.number(left)?;
                self.number(right).map(|()| Kind::Number)
            }
            BinOpKind::Div | BinOpKind::FloorDiv | BinOpKind::Rem | BinOpKind::Pow => {
                not_allowed("arithmetic other than +, - and *", whole)
            }
            BinOpKind::Concat => not_allowed("`~`: write the parts one after the other", whole),
        }
    }

    fn filter(
        self,
        name: &str,
        of: Option<&Expr<'a>>,
        args: &[CallArg<'a>],
        whole: &Expr<'a>,
    ) -> Result<Kind, Problem> {
        let Some(of) = of else { return not_allowed(format!("the filter `{name}` on nothing"), whole) };
        match (name, args) {
            ("upper" | "lower" | "title" | "capitalize" | "trim", []) => match self.printable(of)? {
                Kind::Text => Ok(Kind::Text),
                _ => not_allowed(format!("the filter `{name}` on what is not a text"), whole),
            },
            ("abs", []) => self.number(of).map(|()| Kind::Number),
            ("length" | "count", []) => match self.kind(of)? {
                Kind::Text | Kind::Items => Ok(Kind::Number),
                _ => not_allowed(format!("the filter `{name}` on what has no length"), whole),
            },
            ("default" | "d", [CallArg::Pos(other)] | [CallArg::Pos(other), CallArg::Pos(Expr::Const(_))]) => {
                let (left, right) = (self.printable(of)?, self.printable(other)?);
                Ok(left.or(right).unwrap_or(Kind::Text))
            }
            _ => not_allowed(format!("the filter `{name}`"), whole),
        }
    }
}

/// The name of an expression in errors.
fn path(expr: &Expr<'_>) -> String {
    match expr {
        Expr::Var(name) => name.id.to_owned(),
        Expr::GetAttr(get) => format!("{}.{}", path(&get.expr), get.name),
        Expr::GetItem(get) => format!("{}[]", path(&get.expr)),
        _ => "(...)".to_owned(),
    }
}
