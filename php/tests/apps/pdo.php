<?php

// Uses a database through Listener::pdo() where there is a listener, and through PDO where not. Prints
// what it saw, but for what differs from connection to connection.
//
//     WHAT   name         what the server calls the connection
//            persistent   the same, of a persistent connection
//            use          all that PDO can do
require __DIR__ . '/begin.php';

function connect(array $options = []): PDO
{
    $dsn = 'pgsql:host=' . getenv('DB_HOST') . ';dbname=postgres';
    return class_exists('Bitville\Listener', false)
        ? Bitville\Listener::pdo($dsn, 'postgres', null, $options)
        : new PDO($dsn, 'postgres', null, $options);
}

if (getenv('WHAT') !== 'use') {
    $pdo = connect(getenv('WHAT') === 'persistent' ? [PDO::ATTR_PERSISTENT => true] : []);
    // The first statement is what set_config comes before.
    echo $pdo->query('SELECT 1')->fetchColumn(), ' ';
    echo $pdo->query('SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()')->fetchColumn(), ' ';
    echo $pdo->query('SELECT pg_backend_pid()')->fetchColumn(), "\n";
    return;
}

final class Row extends stdClass
{
}

final class Statement extends PDOStatement
{
    protected function __construct()
    {
    }
}

$pdo = connect([PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
echo json_encode($pdo->exec('CREATE TEMP TABLE t (id int, name text, UNIQUE (id))')), "\n";
$pdo->beginTransaction();
$insert = $pdo->prepare('INSERT INTO t VALUES (:id, :name)');
foreach (['kettle', "it's", null] as $id => $name) {
    $insert->bindValue(':id', $id, PDO::PARAM_INT);
    $insert->bindValue(':name', $name);
    echo json_encode($insert->execute()), ' ', $insert->rowCount(), "\n";
}
$pdo->commit();
foreach ([[], [PDO::FETCH_ASSOC], [PDO::FETCH_COLUMN, 1], [PDO::FETCH_CLASS, Row::class, []]] as $mode) {
    echo json_encode($pdo->query('SELECT * FROM t ORDER BY id', ...$mode)->fetchAll()), "\n";
}
$select = $pdo->prepare('SELECT name FROM t WHERE id = ?');
$select->execute([1]);
echo $select->fetchColumn(), ' ', $select instanceof PDOStatement ? 'PDOStatement' : 'no', "\n";
$bound = 2;
$select->bindParam(1, $bound, PDO::PARAM_INT);
$bound = 0;
$select->execute();
echo $select->fetchColumn(), "\n";
foreach ([
    static function () use ($pdo) {
        $pdo->exec('no such statement');
    },
    static function () use ($insert) {
        $insert->execute(['id' => 1, 'name' => 'twice']);
    },
    static function () use ($pdo) {
        $pdo->query('SELECT 1 / 0');
    },
    static function () use ($pdo) {
        $pdo->rollBack();
    },
] as $mistake) {
    try {
        $mistake();
    } catch (PDOException $exception) {
        echo get_class($exception), ' ', $exception->getCode(), ' ', $exception->getMessage(), "\n";
    }
}
$pdo->setAttribute(PDO::ATTR_ERRMODE, PDO::ERRMODE_SILENT);
echo json_encode([$pdo->exec('again no statement'), $pdo->errorCode(), $pdo->query('SELECT 2')->fetchColumn()]), "\n";
$pdo->setAttribute(PDO::ATTR_STATEMENT_CLASS, [Statement::class]);
echo get_class($pdo->query('SELECT 3')), "\n";
$pdo = $insert = $select = null;
echo "closed\n";
