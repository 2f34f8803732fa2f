//! The word that begins a message, in the languages that the server speaks.
//!
//! With `lc_messages` other than C the server translates it in all three formats. The words are those of
//! the catalogs that PostgreSQL 15 ships.

use wire::pg::log::Severity;

/// What a line of the stderr format brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// A message of its own.
    Message(Severity),
    /// Something that belongs to the message before it.
    Part(Part),
}

/// What may follow a message, on a line with its own prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Detail,
    Hint,
    /// A statement that the server itself ran for the one of the user.
    Query,
    Context,
    /// Where in the server's source; with `log_error_verbosity = verbose`.
    Location,
    Statement,
    Backtrace,
}

/// Words, the English ones first.
const MESSAGES: [(Severity, &[&str]); 8] = [
    (
        Severity::Log,
        &[
            "LOG",
            "СООБЩЕНИЕ",
            "LOGG",
            "日志",
            "로그",
            "ЗАПИСУВАННЯ",
            "DZIENNIK",
            "ჟურნალი",
        ],
    ),
    (
        Severity::Error,
        &[
            "ERROR",
            "FEHLER",
            "ERREUR",
            "ERRORE",
            "ОШИБКА",
            "FEL",
            "错误",
            "오류",
            "ПОМИЛКА",
            "ERRO",
            "BŁĄD",
            "შეცდომა",
        ],
    ),
    (
        Severity::Fatal,
        &[
            "FATAL",
            "FATALE",
            "ВАЖНО",
            "FATALT",
            "致命错误",
            "치명적오류",
            "ФАТАЛЬНО",
            "KATASTROFALNY",
            "ფატალური",
        ],
    ),
    (
        Severity::Panic,
        &[
            "PANIC",
            "PANIK",
            "PANICO",
            "ПАНИКА",
            "比致命错误还过分的错误",
            "손상",
            "ПАНІКА",
            "PÂNICO",
            "პანიკა",
        ],
    ),
    (
        Severity::Warning,
        &[
            "WARNING",
            "WARNUNG",
            "ATTENTION",
            "ATTENZIONE",
            "ПРЕДУПРЕЖДЕНИЕ",
            "VARNING",
            "警告",
            "경고",
            "ПОПЕРЕДЖЕННЯ",
            "ADVERTENCIA",
            "AVISO",
            "OSTRZEŻENIE",
            "გაფრთხილება",
        ],
    ),
    (
        Severity::Notice,
        &[
            "NOTICE",
            "HINWEIS",
            "NOTIFICA",
            "ЗАМЕЧАНИЕ",
            "NOTIS",
            "注意",
            "알림",
            "ПОВІДОМЛЕННЯ",
            "NOTA",
            "UWAGA",
        ],
    ),
    (
        Severity::Info,
        &[
            "INFO",
            "ИНФОРМАЦИЯ",
            "信息",
            "정보",
            "ІНФОРМАЦІЯ",
            "INFORMACJA",
            "ინფორმაცია",
        ],
    ),
    (
        Severity::Debug,
        &[
            "DEBUG1",
            "DEBUG2",
            "DEBUG3",
            "DEBUG4",
            "DEBUG5",
            "DEBUG",
            "ОТЛАДКА",
            "调试",
            "디버그",
            "НАЛАГОДЖЕННЯ",
            "გამართვა",
        ],
    ),
];

const PARTS: [(Part, &[&str]); 7] = [
    (
        Part::Detail,
        &[
            "DETAIL",
            "DÉTAIL",
            "DETALLE",
            "DETTAGLI",
            "ПОДРОБНОСТИ",
            "DETALJ",
            "详细信息",
            "상세정보",
            "詳細",
            "ВІДОМОСТІ",
            "DETALHE",
            "SZCZEGÓŁY",
            "დეტალები",
        ],
    ),
    (
        Part::Statement,
        &[
            "STATEMENT",
            "ANWEISUNG",
            "INSTRUCTION",
            "SENTENCIA",
            "ISTRUZIONE",
            "ОПЕРАТОР",
            "SATS",
            "语句",
            "명령 구문",
            "文",
            "ІНСТРУКЦІЯ",
            "COMANDO",
            "WYRAŻENIE",
            "ოპერატორი",
        ],
    ),
    (
        Part::Context,
        &[
            "CONTEXT",
            "ZUSAMMENHANG",
            "CONTEXTE",
            "CONTEXTO",
            "CONTESTO",
            "КОНТЕКСТ",
            "KONTEXT",
            "上下文",
            "내용",
            "文脈",
            "KONTEKST",
            "კონტექსტი",
        ],
    ),
    (
        Part::Hint,
        &[
            "HINT",
            "TIPP",
            "ASTUCE",
            "SUGGERIMENTO",
            "ПОДСКАЗКА",
            "TIPS",
            "提示",
            "힌트",
            "ヒント",
            "УКАЗІВКА",
            "DICA",
            "PODPOWIEDŹ",
            "მინიშნება",
        ],
    ),
    (
        Part::Query,
        &[
            "QUERY",
            "ANFRAGE",
            "REQUÊTE",
            "CONSULTA",
            "ЗАПРОС",
            "FRÅGA",
            "查询",
            "쿼리",
            "問い合わせ",
            "ЗАПИТ",
            "ZAPYTANIE",
            "მოთხოვნა",
        ],
    ),
    (Part::Location, &["LOCATION"]),
    (Part::Backtrace, &["BACKTRACE"]),
];

/// No word is longer.
const WORD_BYTES_MAX: usize = 40;

/// The word at the beginning of a text, and where what it says begins.
pub fn word_at(text: &[u8]) -> Option<(Word, usize)> {
    // Most lines are of this one.
    if text.starts_with(b"LOG:  ") {
        return Some((Word::Message(Severity::Log), 6));
    }
    // Everything but a word of English is rare, so the first look is a cheap one.
    let first = *text.first()?;
    if !first.is_ascii_uppercase() && first.is_ascii() {
        return None;
    }
    let colon = memchr::memchr(b':', &text[..text.len().min(WORD_BYTES_MAX)])?;
    let begin = text[colon + 1..].strip_prefix(b"  ").map(|_| colon + 3)?;
    let name = std::str::from_utf8(&text[..colon]).ok()?;
    // The French put a space before their colon.
    Some((word(name.trim_end_matches(' '))?, begin))
}

/// The severity of that name, as the csv and json formats have it in a field of its own.
pub fn severity(name: &str) -> Option<Severity> {
    match word(name)? {
        Word::Message(severity) => Some(severity),
        Word::Part(_) => None,
    }
}

fn word(name: &str) -> Option<Word> {
    // In this order they are met the most.
    match name {
        "LOG" => return Some(Word::Message(Severity::Log)),
        "STATEMENT" => return Some(Word::Part(Part::Statement)),
        "DETAIL" => return Some(Word::Part(Part::Detail)),
        "ERROR" => return Some(Word::Message(Severity::Error)),
        _ => {}
    }
    let message = MESSAGES.iter().find(|(_, names)| names.contains(&name));
    if let Some((severity, _)) = message {
        return Some(Word::Message(*severity));
    }
    let part = PARTS.iter().find(|(_, names)| names.contains(&name));
    part.map(|(part, _)| Word::Part(*part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_followed_by_a_colon_and_two_spaces() {
        let log = Word::Message(Severity::Log);
        assert_eq!(word_at(b"LOG:  duration: 1 ms"), Some((log, 6)));
        assert_eq!(word_at(b"LOG: duration"), None);
        assert_eq!(word_at(b"LOGS:  duration"), None);
        assert_eq!(word_at(b""), None);
        assert_eq!(word_at(b"[LOG:  x"), None);
    }

    #[test]
    fn the_server_may_speak_another_language() {
        let at = |text: &str| word_at(text.as_bytes()).map(|(word, _)| word);
        assert_eq!(
            at("FEHLER:  Relation"),
            Some(Word::Message(Severity::Error))
        );
        assert_eq!(at("ОШИБКА:  x"), Some(Word::Message(Severity::Error)));
        assert_eq!(at("致命错误:  x"), Some(Word::Message(Severity::Fatal)));
        assert_eq!(at("CONTEXTE :  x"), Some(Word::Part(Part::Context)));
        assert_eq!(at("명령 구문:  x"), Some(Word::Part(Part::Statement)));
        assert_eq!(severity("FEHLER"), Some(Severity::Error));
        assert_eq!(severity("DETAIL"), None);
    }
}
