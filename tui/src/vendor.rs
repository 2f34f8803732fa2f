//! Which functions are a library's or PHP's own, and not the application's.
//!
//! Libraries are named by the settings, by how their names begin. PHP's own functions are known by their family:
//! a list of all of them would be long and never whole, so a helper of the application that is called like one
//! (`array_pluck`) is taken for one, and a rare function of PHP is not.

use std::sync::Arc;

/// Beginnings that are taken from the settings. Each name is held against each of them.
const PREFIXES_MAX: usize = 200;

/// The settings' word for PHP's own functions.
const PHP: &str = "php";

/// What stands in the settings unless somebody has chosen.
pub const DEFAULT: &str = "php, Phalcon\\, Composer\\, Psr\\, Symfony\\, Doctrine\\, Monolog\\, GuzzleHttp\\, Twig\\, \
                           Laminas\\, Zend\\, Illuminate\\, League\\";

/// Beginnings of the names of PHP's functions, in lower case; those with `_` behind them are families.
#[rustfmt::skip] // A line per name would be pages.
const FAMILIES: &[&str] = &[
    "apcu_", "array_", "base64_", "class_", "ctype_", "curl_", "date_", "dba_", "dom_", "exif_", "file_",
    "filter_", "finfo_", "func_", "gc_", "gmp_", "gz_", "hash_", "http_", "iconv_", "igbinary_", "imagecopy",
    "imagecreate", "imap_", "ini_", "intl_", "iterator_", "json_", "ldap_", "libxml_", "mb_", "memcache_",
    "memory_", "msgpack_", "mysqli_", "ob_", "oci_", "opcache_", "openssl_", "password_", "pcntl_", "pg_",
    "posix_", "preg_", "random_", "readline_", "session_", "shmop_", "simplexml_", "socket_", "sodium_", "spl_",
    "sqlsrv_", "str_", "stream_", "substr_", "xml_", "xmlwriter_", "zip_", "zlib_",
];

/// PHP's functions that have no family.
#[rustfmt::skip] // A line per name would be pages.
const FUNCTIONS: &[&str] = &[
    "abs", "addslashes", "array_key_exists", "array_multisort", "arsort", "asort", "basename", "bcadd", "bccomp",
    "bcdiv", "bcmod", "bcmul", "bcpow", "bcsub", "bin2hex", "call_user_func", "call_user_func_array", "ceil",
    "chmod", "chown", "chr", "chunk_split", "class_exists", "compact", "constant", "copy", "cos", "count",
    "crc32", "current", "date", "debug_backtrace", "define", "defined", "dirname", "each", "end", "error_log",
    "error_reporting", "exec", "exp", "explode", "extract", "fclose", "feof", "fflush", "fgetcsv", "fgets",
    "file", "filemtime", "filesize", "flock", "floor", "flush", "fmod", "fopen", "fputcsv", "fread", "fscanf",
    "fseek", "fsockopen", "fstat", "ftell", "func_get_args", "function_exists", "fwrite", "get_called_class",
    "get_class", "get_class_methods", "get_object_vars", "getdate", "getenv", "gethostbyname", "gethostname",
    "getmypid", "gettext", "gettype", "glob", "gzcompress", "gzdecode", "gzdeflate", "gzencode", "gzinflate",
    "gzuncompress", "header", "headers_list", "headers_sent", "hexdec", "hrtime", "html_entity_decode",
    "htmlentities", "htmlspecialchars", "iconv", "imagedestroy", "imagejpeg", "imagepng", "imagettftext",
    "implode", "in_array", "inet_ntop", "inet_pton", "intdiv", "interface_exists", "intval", "ip2long", "is_a",
    "is_array", "is_bool", "is_callable", "is_countable", "is_dir", "is_file", "is_finite", "is_float",
    "is_infinite", "is_int", "is_iterable", "is_link", "is_nan", "is_null", "is_numeric", "is_object",
    "is_readable", "is_resource", "is_scalar", "is_string", "is_subclass_of", "is_writable", "join", "key",
    "krsort", "ksort", "lcfirst", "lcg_value", "levenshtein", "log", "long2ip", "ltrim", "mail", "max", "md5",
    "md5_file", "method_exists", "microtime", "min", "mkdir", "mktime", "move_uploaded_file", "mt_rand",
    "mt_srand", "natsort", "next", "nl2br", "number_format", "ord", "pack", "parse_str", "parse_url", "passthru",
    "pathinfo", "php_sapi_name", "phpversion", "popen", "pow", "prev", "print_r", "printf", "proc_open",
    "property_exists", "rand", "range", "rawurlencode", "readfile", "realpath", "register_shutdown_function",
    "rename", "reset", "restore_error_handler", "restore_exception_handler", "rewind", "rmdir", "round", "rsort",
    "rtrim", "scandir", "serialize", "set_error_handler", "set_exception_handler", "setcookie", "setlocale",
    "settype", "sha1", "shell_exec", "shuffle", "similar_text", "sin", "sleep", "sort", "soundex", "sprintf",
    "sqrt", "strcasecmp", "strcmp", "strftime", "strip_tags", "stripos", "stripslashes", "stristr", "strlen",
    "strncasecmp", "strncmp", "strpos", "strrev", "strrpos", "strstr", "strtolower", "strtotime", "strtoupper",
    "strtr", "strval", "substr", "sys_get_temp_dir", "system", "tempnam", "time", "touch", "trim", "uasort",
    "ucfirst", "ucwords", "uksort", "uniqid", "unlink", "unpack", "unserialize", "urldecode", "urlencode",
    "usleep", "usort", "utf8_decode", "utf8_encode", "var_dump", "var_export", "version_compare", "vsprintf",
    "wordwrap",
];

/// PHP's own classes, in lower case; those that end in `*` are families.
#[rustfmt::skip] // A line per name would be pages.
const CLASSES: &[&str] = &[
    "array*", "appenditerator", "cachingiterator", "closure", "collator", "countable", "dateinterval", "dateperiod",
    "datetime*", "directoryiterator", "dom*", "error", "errorexception", "exception", "filesystemiterator", "finfo",
    "generator", "imagick*", "intl*", "iterator*", "jsonexception", "locale", "memcached", "mysqli*",
    "normalizer", "numberformatter", "pdo*", "phar*", "redis*", "reflection*", "simplexml*", "soap*", "spl*",
    "sqlite3*", "stringable", "throwable", "transliterator", "weakmap", "weakreference", "xml*", "xslt*",
    "ziparchive",
];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vendors {
    /// In lower case, as PHP's names have none that counts.
    prefixes: Arc<[String]>,
    has_php: bool,
}

// === impl Vendors ===

impl Vendors {
    /// Reads names with commas between them; in words, what is wrong.
    pub fn read(text: &str) -> Result<Self, String> {
        let names = text.split(',').map(str::trim);
        let names: Vec<String> = names
            .filter(|name| !name.is_empty())
            .map(|name| name.trim_start_matches('\\').to_lowercase())
            .collect();
        if names.len() > PREFIXES_MAX {
            return Err(format!(
                "{} names; at most {PREFIXES_MAX} are allowed",
                names.len()
            ));
        }
        if let Some(name) = names.iter().find(|name| !is_sound(name)) {
            return Err(format!(
                "{name:?} begins no PHP name; php, or the begin of a namespace or class such as Phalcon\\ is allowed"
            ));
        }
        let has_php = names.iter().any(|name| name == PHP);
        Ok(Self {
            prefixes: names.into_iter().filter(|name| name != PHP).collect(),
            has_php,
        })
    }

    pub fn is_library(&self, function: &str) -> bool {
        let name = function.trim_start_matches('\\').to_lowercase();
        let begins = self.prefixes.iter().any(|prefix| name.starts_with(prefix));
        begins || (self.has_php && is_php(&name))
    }
}

impl Default for Vendors {
    fn default() -> Self {
        // The default is read by a test as well as here; without libraries nothing is folded.
        Self::read(DEFAULT).unwrap_or(Self {
            prefixes: Arc::new([]),
            has_php: false,
        })
    }
}

fn is_sound(name: &str) -> bool {
    let mut characters = name.chars();
    let is_letter = |it: char| it.is_alphanumeric() || it == '_' || it == '\\' || it == ':';
    characters
        .next()
        .is_some_and(|first| first.is_alphabetic() || first == '_')
        && characters.all(is_letter)
}

/// In lower case. What lies in a namespace is nobody's but its author's.
fn is_php(name: &str) -> bool {
    if name.contains('\\') {
        return false;
    }
    let Some((class, _)) = name.split_once("::") else {
        let is_of_family = FAMILIES.iter().any(|family| name.starts_with(family));
        return is_of_family || FUNCTIONS.binary_search(&name).is_ok();
    };
    CLASSES.iter().any(|known| match known.strip_suffix('*') {
        Some(family) => class.starts_with(family),
        None => class == *known,
    })
}

#[cfg(test)]
mod tests;
