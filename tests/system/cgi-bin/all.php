<?php
// Small programs in one file, for php.py; the first word of PATH_INFO chooses
// one, and where there is no PATH_INFO, that of the path that was asked for.

$path = ($_SERVER['PATH_INFO'] ?? '')
    ?: parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);

function answer($value): void
{
    header('Content-Type: application/json');
    echo json_encode($value, JSON_THROW_ON_ERROR);
}

switch (explode('/', $path)[1]) {
    case 'form':
        $files = [];
        foreach ($_FILES as $name => $file) {
            $digest = hash_file('sha256', $file['tmp_name']);
            $files[$name] = [$file['name'], $file['type'], $file['error'], $digest];
        }
        answer(['get' => $_GET, 'post' => $_POST, 'files' => $files]);
        break;

    case 'body':
        $content = file_get_contents('php://input');
        answer([$_SERVER['REQUEST_METHOD'], hash('sha256', $content)]);
        break;

    case 'visit':
        session_start();
        $_SESSION['visits'] = ($_SESSION['visits'] ?? 0) + 1;
        answer($_SESSION['visits']);
        break;

    case 'go':
        header('Location: ' . $_GET['to'], true, (int) ($_GET['status'] ?? 0));
        break;

    case 'absent':
        http_response_code(404);
        echo 'nothing here';
        break;

    case 'complain':
        error_log('a complaint');
        echo 'answer';
        break;

    case 'download':
        header('Content-Type: application/octet-stream');
        header('Content-Disposition: attachment; filename="download"');
        readfile($_SERVER['DOWNLOAD']);
        break;

    case 'stream':
        header('Content-Type: text/plain');
        echo "first\n";
        flush();
        readfile($_SERVER['GATE']);  // a FIFO: nothing comes before it is let in
        echo "second\n";
        break;

    case 'who':
        answer([$_SERVER['PHP_AUTH_USER'] ?? null, $_SERVER['PHP_AUTH_PW'] ?? null,
                $_SERVER['REMOTE_USER'] ?? null]);
        break;

    default:
        $names = ['SCRIPT_NAME', 'SCRIPT_FILENAME', 'PATH_INFO', 'PHP_SELF',
                  'REQUEST_URI', 'QUERY_STRING', 'DOCUMENT_ROOT'];
        $where = array_intersect_key($_SERVER, array_flip($names));
        answer($where + ['__FILE__' => __FILE__, 'getcwd' => getcwd()]);
}
